package io.patchbay.camel.mqtt;

import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.eclipse.paho.mqttv5.client.MqttClientPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttPersistable;
import org.eclipse.paho.mqttv5.common.MqttPersistenceException;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPubRel;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;
import org.eclipse.paho.mqttv5.common.packet.MqttReturnCode;
import org.jspecify.annotations.Nullable;

/**
 * Publications with QoS 1 and 2 that the broker has not confirmed, by packet id. It outlives Paho's
 * clients: a new one finds here what it must send again, with the same packet ids (MQTT 5.0, clause
 * 4.4). With fresh ids a broker would take a new QoS 2 message for one it has already.
 *
 * <p>Paho keeps what it received here as well ({@code r-}): that is not needed, because nothing is
 * received with QoS 2.
 */
final class Flights implements MqttClientPersistence {
  private static final String SENT = "s-";
  private static final String RELEASED = "sc-";

  private final Map<Integer, Publication> flights = new HashMap<>();
  private final Set<Integer> forgotten = new HashSet<>();
  private @Nullable Publication boarding;

  /** Names the publication that Paho is about to be given. */
  synchronized void board(@Nullable Publication publication) {
    boarding = publication;
  }

  /** Takes out what ended; null when it was not there. */
  synchronized @Nullable Publication land(int packetId) {
    forgotten.remove(packetId);
    return flights.remove(packetId);
  }

  /** How many there are. */
  synchronized int count() {
    return flights.size();
  }

  /**
   * What may be given up before a new client finds it: a message that the broker holds already is
   * not among them.
   */
  synchronized Set<Publication> overdue(long now) {
    Set<Publication> overdue = new HashSet<>();
    for (Publication flight : flights.values()) {
      if (!flight.released && now - flight.deadline >= 0) {
        overdue.add(flight);
      }
    }
    return overdue;
  }

  /** All of them, taken out. */
  synchronized Set<Publication> clearAll() {
    Set<Publication> all = new HashSet<>(flights.values());
    flights.clear();
    forgotten.clear();
    return all;
  }

  @Override
  public synchronized void put(String key, MqttPersistable packet) {
    if (key.startsWith(SENT) && boarding != null) {
      boarding.packetId = id(key, SENT);
      flights.put(boarding.packetId, boarding);
    } else if (key.startsWith(RELEASED)) {
      Publication flight = flights.get(id(key, RELEASED));
      if (flight != null) {
        flight.released = true;
      }
    }
  }

  @Override
  public synchronized MqttPersistable get(String key) throws MqttPersistenceException {
    Publication flight = key.startsWith(SENT) ? flights.get(id(key, SENT)) : null;
    if (flight == null) {
      return released(key);
    }
    // a topic alias belongs to the connection that is gone (clause 3.3.2.3.4)
    flight.message.getProperties().setTopicAlias(null);
    MqttPublish packet =
        new MqttPublish(flight.topic, flight.message, flight.message.getProperties());
    packet.setMessageId(flight.packetId);
    return packet;
  }

  private static MqttPersistable released(String key) throws MqttPersistenceException {
    try {
      return new MqttPubRel(
          MqttReturnCode.RETURN_CODE_SUCCESS, id(key, RELEASED), new MqttProperties());
    } catch (MqttException e) {
      throw new MqttPersistenceException(e);
    }
  }

  @Override
  public synchronized void remove(String key) {
    if (key.startsWith(SENT)) {
      forgotten.add(id(key, SENT));
    }
  }

  @Override
  public synchronized boolean containsKey(String key) {
    if (key.startsWith(RELEASED)) {
      Publication flight = flights.get(id(key, RELEASED));
      return flight != null && flight.released;
    }
    return key.startsWith(SENT) && flights.containsKey(id(key, SENT));
  }

  @Override
  public synchronized Enumeration<String> keys() {
    Set<String> keys = new HashSet<>();
    for (Integer id : flights.keySet()) {
      if (!forgotten.contains(id)) {
        keys.add(SENT + id);
      }
    }
    return Collections.enumeration(keys);
  }

  private static int id(String key, String prefix) {
    return Integer.parseInt(key, prefix.length(), key.length(), 10);
  }

  @Override
  public void open(String clientId) {}

  @Override
  public void close() {}

  @Override
  public void clear() {}
}
