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
    String id = epoch + "." + Long.toString(counter.incrementAndGet(), Character.MAX_RADIX);
    int count =
        message.containsProperty(MQTTUtil.MQTT_USER_PROPERTY_EXISTS_KEY)
            ? message.getIntProperty(MQTTUtil.MQTT_USER_PROPERTY_EXISTS_KEY)
            : 0;
    boolean there = false;
    if (count > 0) {
      for (SimpleString forged : forged(message)) {
        message.putStringProperty(forged, SimpleString.of(id));
        there = true;
      }
    }
    if (!there) {
      message.putStringProperty(MQTTUtil.MQTT_USER_PROPERTY_KEY_PREFIX + count + SUFFIX, id);
      message.putIntProperty(MQTTUtil.MQTT_USER_PROPERTY_EXISTS_KEY, count + 1);
    }
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
