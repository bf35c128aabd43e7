package io.patchbay.binding.modbus;

import com.digitalpetri.modbus.Crc16;
import io.patchbay.thing.Bytes;
import java.util.Arrays;
import java.util.Optional;

/**
 * Frames of a serial line (MODBUS over Serial Line V1.02, clause 2.5.1): unit, PDU, CRC. What comes
 * is kept until a frame is found in it; garbage before a frame is passed over.
 */
final class Rtu {
  /** Clause 2.5.1: the longest frame. */
  private static final int LONGEST = 256;

  private static final int SHORTEST = 4;
  private static final int MORE = 0;
  private static final int NONE = -1;

  private byte[] came = new byte[2 * LONGEST];
  private int length;
  private long dropped;

  static byte[] frame(int unit, Bytes pdu) {
    byte[] frame = new byte[pdu.length() + 3];
    frame[0] = (byte) unit;
    System.arraycopy(pdu.shared(), 0, frame, 1, pdu.length());
    int crc = crc(frame, 0, frame.length - 2);
    frame[frame.length - 2] = (byte) crc;
    frame[frame.length - 1] = (byte) (crc >> 8);
    return frame;
  }

  private static int crc(byte[] octets, int from, int to) {
    Crc16 crc = new Crc16();
    // octet by octet: of a buffer whose position is not 0 the library reads others
    for (int i = from; i < to; i++) {
      crc.update(octets[i] & 0xFF);
    }
    return crc.getValue() & 0xFFFF;
  }

  void clear() {
    dropped += length;
    length = 0;
  }

  void add(byte[] octets, int count) {
    if (length + count > came.length) {
      came = Arrays.copyOf(came, Math.max(2 * came.length, length + count));
    }
    System.arraycopy(octets, 0, came, length, count);
    length += count;
  }

  /** Octets that belonged to no answer that was waited for. */
  long dropped() {
    return dropped;
  }

  /** Whether something came that is no answer. */
  boolean garbled() {
    return length > 0;
  }

  /** The answer of a unit to a request, if it has come; what was before it is dropped. */
  Optional<Ask.Said> answer(int unit, Ask ask) {
    while (length > 0) {
      int end = end(0);
      if (end == MORE) {
        return ahead(unit, ask);
      }
      Optional<Ask.Said> said = end == NONE ? Optional.empty() : said(unit, ask, 0, end);
      drop(end == NONE ? 1 : end, said.isPresent());
      if (said.isPresent()) {
        return said;
      }
    }
    return Optional.empty();
  }

  /** What looks like the beginning of a frame may be garbage: the answer may lie behind it. */
  private Optional<Ask.Said> ahead(int unit, Ask ask) {
    for (int from = 1; from + SHORTEST <= length; from++) {
      int end = end(from);
      if (end > 0) {
        Optional<Ask.Said> said = said(unit, ask, from, end);
        if (said.isPresent()) {
          dropped += from;
          drop(end, true);
          return said;
        }
      }
    }
    if (length > LONGEST) {
      drop(length - LONGEST, false);
    }
    return Optional.empty();
  }

  private Optional<Ask.Said> said(int unit, Ask ask, int from, int end) {
    return (came[from] & 0xFF) == unit
        ? ask.said(Arrays.copyOfRange(came, from + 1, end - 2))
        : Optional.empty();
  }

  private void drop(int count, boolean wanted) {
    System.arraycopy(came, count, came, 0, length - count);
    length -= count;
    dropped += wanted ? 0 : count;
  }

  /** Where the frame that begins here ends; {@link #MORE} or {@link #NONE}. */
  private int end(int from) {
    int there = length - from;
    if (there < 2) {
      return MORE;
    }
    int size = size(from, there);
    if (size <= 0 || size > LONGEST) {
      return size == MORE ? MORE : NONE;
    } else if (there < size) {
      return MORE;
    }
    int crc = (came[from + size - 2] & 0xFF) | ((came[from + size - 1] & 0xFF) << 8);
    return crc == crc(came, from, from + size - 2) ? from + size : NONE;
  }

  private int size(int from, int there) {
    int function = came[from + 1] & 0xFF;
    if (function >= 0x80) {
      return 5;
    }
    return switch (function) {
      case 0x01, 0x02, 0x03, 0x04, 0x17 -> there < 3 ? MORE : 5 + (came[from + 2] & 0xFF);
      case 0x05, 0x06, 0x0F, 0x10 -> 8;
      case 0x16 -> 10;
      case 0x2B -> identification(from, there);
      default -> NONE;
    };
  }

  /** Clause 6.21 of the application protocol: as long as its objects are. */
  private int identification(int from, int there) {
    int at = 8;
    if (there < at) {
      return MORE;
    }
    int objects = came[from + 7] & 0xFF;
    for (int i = 0; i < objects; i++) {
      if (there < at + 2) {
        return MORE;
      }
      at += 2 + (came[from + at + 1] & 0xFF);
      if (at > LONGEST) {
        return NONE;
      }
    }
    return at + 2;
  }
}
