package ${package};

import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.thing.Bytes;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a device says: {@code DEVICE COUNTER NAME VALUE}, or {@code DEVICE} alone.
 *
 * @param counter tells a line from the one before it; a repetition has the same
 * @param name of the property; empty when the device only says that it is there
 */
record Line(String device, String counter, String name, String value) {
  private static final Pattern FORM =
      Pattern.compile(
          "([A-Za-z0-9_-]{1,32})(?: ([0-9]{1,18}) ([A-Za-z0-9_-]{1,64}) (\\P{Cntrl}+))?");

  /** Empty when it is none. */
  static Optional<Line> parse(String text) {
    Matcher parts = FORM.matcher(text);
    return parts.matches()
        ? Optional.of(new Line(parts.group(1), part(parts, 2), part(parts, 3), part(parts, 4)))
        : Optional.empty();
  }

  private static String part(Matcher parts, int number) {
    String part = parts.group(number);
    return part == null ? "" : part;
  }

  /** Whether the device only says that it is there. */
  boolean greeting() {
    return name.isEmpty();
  }

  /** As the hub takes it; what makes it the same delivery is all of its text. */
  Frame frame(String connection, Instant received) {
    String id = device + "/" + counter + "/" + Integer.toHexString(hashCode());
    return new Frame(
        new Origin(LineProtocol.SCHEME, connection, device + "/" + name),
        Optional.empty(),
        Bytes.utf8(value),
        "",
        received,
        Optional.empty(),
        Optional.of(new DeliveryId(id, DeliveryId.Kind.UNIQUE)),
        false);
  }
}
