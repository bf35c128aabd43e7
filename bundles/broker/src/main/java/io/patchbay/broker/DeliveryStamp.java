package io.patchbay.broker;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;

/**
 * Gives every message the MQTT 5 user property {@code patchbay-delivery}, which is stored with it:
 * the hub tells by it a redelivery from a new message, also after a crash.
 */
final class DeliveryStamp {
  static final String PROPERTY = "patchbay-delivery";

  private static final String SUFFIX = "." + PROPERTY;

  private static final SimpleString EXISTS =
      SimpleString.of(MQTTUtil.MQTT_USER_PROPERTY_EXISTS_KEY);

  /** What most messages get: they have no user property of their own. */
  private static final SimpleString FIRST = name(0);

  private final String epoch;
  private final AtomicLong counter = new AtomicLong();

  /** 72 random bits tell one run of the broker from all others, also when the clock was wrong. */
  DeliveryStamp(SecureRandom random) {
    byte[] bits = new byte[9];
    random.nextBytes(bits);
    epoch = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }

  /** Overwrites what a device may have put there. */
  void stamp(Message message) {
    SimpleString id =
        SimpleString.of(
            epoch + "." + Long.toString(counter.incrementAndGet(), Character.MAX_RADIX));
    if (!message.containsProperty(EXISTS)) {
      message.putStringProperty(FIRST, id);
      message.putIntProperty(EXISTS, 1);
      return;
    }
    int count = message.getIntProperty(EXISTS);
    boolean there = false;
    for (SimpleString forged : forged(message)) {
      message.putStringProperty(forged, id);
      there = true;
    }
    if (!there) {
      message.putStringProperty(name(count), id);
      message.putIntProperty(EXISTS, count + 1);
    }
  }

  private static SimpleString name(int position) {
    return SimpleString.of(MQTTUtil.MQTT_USER_PROPERTY_KEY_PREFIX + position + SUFFIX);
  }

  /** Properties are kept as {@code mqtt.ordered.user.property.POSITION.NAME}. */
  private static List<SimpleString> forged(Message message) {
    List<SimpleString> found = new ArrayList<>();
    for (SimpleString name : message.getPropertyNames()) {
      if (name.startsWith(MQTTUtil.MQTT_USER_PROPERTY_KEY_PREFIX_SIMPLE)) {
        String key = name.toString();
        int position = key.indexOf('.', MQTTUtil.MQTT_USER_PROPERTY_KEY_PREFIX.length());
        if (position >= 0 && key.substring(position).equals(SUFFIX)) {
          found.add(name);
        }
      }
    }
    return found;
  }
}
