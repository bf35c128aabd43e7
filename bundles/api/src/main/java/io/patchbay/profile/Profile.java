package io.patchbay.profile;

import java.util.List;
import java.util.Map;

/**
 * A kind of device (a W3C WoT Thing Model, cut to what the hub uses).
 *
 * @param version changes whenever the profile's text does; {@code id@version} is kept with every
 *     reading
 * @param thing how a thing is named from the named parts of an address: {@code tasmota-{device}}
 * @param status forms that tell whether the thing is there; their terms {@code online} and {@code
 *     offline} are the words for it
 * @param journal whether uplinks are kept; without it a reading reaches live receivers only
 * @param parts forms of frames that tell of several things: each part is then read as a frame of
 *     its own
 * @param record whether the last raw frames of each of its things are recorded
 */
public record Profile(
    String id,
    String version,
    String title,
    String thing,
    List<Match> match,
    Map<String, Property> properties,
    Map<String, Action> actions,
    Map<String, Event> events,
    List<Form> status,
    boolean journal,
    List<Form> parts,
    boolean record) {
  public Profile {
    match = List.copyOf(match);
    properties = Map.copyOf(properties);
    actions = Map.copyOf(actions);
    events = Map.copyOf(events);
    status = List.copyOf(status);
    parts = List.copyOf(parts);
  }

  /** A profile of devices that speak for themselves alone. */
  public Profile(
      String id,
      String version,
      String title,
      String thing,
      List<Match> match,
      Map<String, Property> properties,
      Map<String, Action> actions,
      Map<String, Event> events,
      List<Form> status,
      boolean journal) {
    this(
        id,
        version,
        title,
        thing,
        match,
        properties,
        actions,
        events,
        status,
        journal,
        List.of(),
        false);
  }

  /** A profile whose frames are not recorded. */
  public Profile(
      String id,
      String version,
      String title,
      String thing,
      List<Match> match,
      Map<String, Property> properties,
      Map<String, Action> actions,
      Map<String, Event> events,
      List<Form> status,
      boolean journal,
      List<Form> parts) {
    this(
        id,
        version,
        title,
        thing,
        match,
        properties,
        actions,
        events,
        status,
        journal,
        parts,
        false);
  }

  /** {@code id@version}: what a reading keeps of the profile that made it. */
  public String reference() {
    return id + "@" + version;
  }
}
