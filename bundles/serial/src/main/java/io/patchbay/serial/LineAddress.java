package io.patchbay.serial;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Where a line is and how its octets are framed.
 *
 * @param host of the serial server; empty for a port of this machine
 * @param port of the serial server, 1 to 65535; 0 for a port of this machine
 * @param device of this machine ({@code /dev/ttyUSB0}); empty for a serial server
 * @param baud bits per second
 * @param dataBits 5 to 8
 * @param stopBits 1 or 2
 */
public record LineAddress(
    String host, int port, String device, int baud, Parity parity, int dataBits, int stopBits) {
  private static final String ACCEPTED =
      "accepted: serial:/dev/ttyUSB0?baud=9600&parity=none&dataBits=8&stopBits=1 or tcp://host:port";
  private static final int HIGHEST_PORT = 65_535;
  private static final int MOST_BAUD = 10_000_000;

  /** How the parity bit is made. */
  public enum Parity {
    NONE,
    EVEN,
    ODD,
    MARK,
    SPACE
  }

  /**
   * Reads {@code serial:DEVICE} or {@code tcp://host:port}, both with {@code ?baud=&parity=&
   * dataBits=&stopBits=}; a serial server has its own settings, these only say how long its octets
   * take.
   *
   * @throws IllegalArgumentException saying what is wrong and what is accepted
   */
  public static LineAddress of(String text) {
    int question = text.indexOf('?');
    String place = question < 0 ? text : text.substring(0, question);
    Map<String, String> options = options(text, question);
    int baud = number(text, options, "baud", 9_600, 50, MOST_BAUD);
    Parity parity = parity(text, options.remove("parity"));
    int dataBits = number(text, options, "dataBits", 8, 5, 8);
    int stopBits = number(text, options, "stopBits", 1, 1, 2);
    if (!options.isEmpty()) {
      throw wrong(text, "option '" + options.keySet().iterator().next() + "' is not known");
    }
    if (place.startsWith("serial:") && place.length() > "serial:".length()) {
      String device = place.substring("serial:".length());
      return new LineAddress("", 0, device, baud, parity, dataBits, stopBits);
    } else if (place.startsWith("tcp://")) {
      String authority = place.substring("tcp://".length());
      int colon = authority.lastIndexOf(':');
      String host = colon < 0 ? "" : authority.substring(0, colon).replaceAll("^\\[|\\]$", "");
      int port = colon < 0 ? 0 : whole(text, "port", authority.substring(colon + 1));
      if (!host.isEmpty() && port >= 1 && port <= HIGHEST_PORT) {
        return new LineAddress(host, port, "", baud, parity, dataBits, stopBits);
      }
    }
    throw wrong(text, "it names no line");
  }

  private static Map<String, String> options(String text, int question) {
    Map<String, String> options = new HashMap<>();
    if (question >= 0) {
      for (String option : text.substring(question + 1).split("&", -1)) {
        int equals = option.indexOf('=');
        if (equals < 1) {
          throw wrong(text, "option '" + option + "' has no value");
        }
        options.put(option.substring(0, equals), option.substring(equals + 1));
      }
    }
    return options;
  }

  private static int number(
      String text, Map<String, String> options, String name, int otherwise, int from, int to) {
    String given = options.remove(name);
    int number = given == null ? otherwise : whole(text, name, given);
    if (number < from || number > to) {
      throw wrong(text, name + " must be " + from + " to " + to);
    }
    return number;
  }

  private static int whole(String text, String name, String given) {
    try {
      return Integer.parseInt(given);
    } catch (NumberFormatException e) {
      throw wrong(text, name + " '" + given + "' is no whole number");
    }
  }

  private static Parity parity(String text, @org.jspecify.annotations.Nullable String given) {
    if (given == null) {
      return Parity.NONE;
    }
    try {
      return Parity.valueOf(given.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw wrong(text, "parity must be none, even, odd, mark or space");
    }
  }

  private static IllegalArgumentException wrong(String text, String what) {
    return new IllegalArgumentException("line '" + text + "': " + what + "; " + ACCEPTED);
  }

  /** Whether it is behind a serial server. */
  public boolean remote() {
    return !host.isEmpty();
  }

  /**
   * How long so many characters take on the wire: each has a start bit and, maybe, a parity bit.
   */
  public Duration characters(double count) {
    int bits = 1 + dataBits + (parity == Parity.NONE ? 0 : 1) + stopBits;
    return Duration.ofNanos((long) (count * bits * 1e9 / baud));
  }

  /** As people name it: the device, or host and port. */
  @Override
  public String toString() {
    return remote() ? host + ":" + port : device;
  }
}
