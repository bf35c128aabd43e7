package io.patchbay.northbound.modbus;

import io.patchbay.northbound.Commands;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.northbound.modbus.MapPoint.RegisterType;
import io.patchbay.northbound.modbus.MapPoint.Table;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Answers a master's requests (MODBUS Application Protocol V1.1b3, clause 6): reads from the twin,
 * writes by commands, whose outcome is the answer.
 */
final class Slave {
  static final int ILLEGAL_FUNCTION = 0x01;
  static final int ILLEGAL_ADDRESS = 0x02;
  static final int ILLEGAL_VALUE = 0x03;
  static final int FAILURE = 0x04;
  static final int BUSY = 0x06;
  static final int TARGET_SILENT = 0x0B;
  private static final int EXCEPTION = 0x80;
  private static final int MOST_BITS = 2_000;
  private static final int MOST_REGISTERS = 125;
  private static final int MOST_BITS_WRITTEN = 1_968;
  private static final int MOST_REGISTERS_WRITTEN = 123;
  private static final int MOST_REGISTERS_EXCHANGED = 121;
  private static final int ON = 0xFF00;

  private final Things things;
  private final Commands commands;
  private final Profiles profiles;
  private final int unavailable;
  private final Duration patience;
  private final Map<MapPoint, Masked> masks = new ConcurrentHashMap<>();

  /**
   * @param unavailable exception that says that there is no value, 0x04 or 0x0B
   * @param patience how long a write may take
   */
  Slave(Things things, Commands commands, Profiles profiles, int unavailable, Duration patience) {
    this.things = things;
    this.commands = commands;
    this.profiles = profiles;
    this.unavailable = unavailable;
    this.patience = patience;
  }

  private static final class Refusal extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;
    private final int code;

    Refusal(int code) {
      super("exception " + code, null, false, false);
      this.code = code;
    }
  }

  /**
   * The answer to a PDU.
   *
   * @param by who asks, for the record
   */
  byte[] answer(RegisterMap map, int unit, byte[] pdu, String by) throws InterruptedException {
    int function = pdu.length == 0 ? 0 : pdu[0] & 0x7F;
    try {
      if (!map.has(unit)) {
        throw new Refusal(TARGET_SILENT);
      }
      ByteBuffer in = ByteBuffer.wrap(pdu, Math.min(1, pdu.length), Math.max(0, pdu.length - 1));
      return switch (function) {
        case 1 -> bits(map, unit, Table.COIL, in, function);
        case 2 -> bits(map, unit, Table.DISCRETE, in, function);
        case 3 -> registers(map, unit, Table.HOLDING, in, function);
        case 4 -> registers(map, unit, Table.INPUT, in, function);
        case 5, 6, 15, 16 -> write(map, unit, function, in, pdu, by);
        case 22 -> mask(map, unit, in, pdu, by);
        case 23 -> exchange(map, unit, in, by);
        default -> throw new Refusal(ILLEGAL_FUNCTION);
      };
    } catch (Refusal refusal) {
      return new byte[] {(byte) (function | EXCEPTION), (byte) refusal.code};
    }
  }

  /** What a request is about. */
  private record Range(int address, int count) {}

  private static int word(ByteBuffer in) {
    return in.getShort() & 0xFFFF;
  }

  /** All of a request that asks for nothing else. */
  private static Range only(ByteBuffer in, int most) throws Refusal {
    if (in.remaining() != 4) {
      throw new Refusal(ILLEGAL_VALUE);
    }
    return range(in, most);
  }

  /** Address and count, as clauses 6.1 to 6.4 check them. */
  private static Range range(ByteBuffer in, int most) throws Refusal {
    int address = word(in);
    int count = word(in);
    if (count < 1 || count > most) {
      throw new Refusal(ILLEGAL_VALUE);
    } else if (address + count > 0x1_0000) {
      throw new Refusal(ILLEGAL_ADDRESS);
    }
    return new Range(address, count);
  }

  private byte[] bits(RegisterMap map, int unit, Table table, ByteBuffer in, int function)
      throws Refusal {
    Range range = only(in, MOST_BITS);
    byte[] answer = new byte[2 + (range.count() + 7) / 8];
    answer[0] = (byte) function;
    answer[1] = (byte) (answer.length - 2);
    Map<ThingId, Optional<ThingState>> states = new HashMap<>();
    for (MapPoint point : found(map, unit, table, range)) {
      int bit = point.address() - range.address();
      answer[2 + bit / 8] |= (byte) (octets(point, states)[0] << (bit % 8));
    }
    return answer;
  }

  private byte[] registers(RegisterMap map, int unit, Table table, ByteBuffer in, int function)
      throws Refusal {
    Range range = only(in, MOST_REGISTERS);
    return registers(range, found(map, unit, table, range), function);
  }

  /** Registers between points are 0. */
  private byte[] registers(Range range, List<MapPoint> points, int function) throws Refusal {
    byte[] answer = new byte[2 + 2 * range.count()];
    answer[0] = (byte) function;
    answer[1] = (byte) (2 * range.count());
    Map<ThingId, Optional<ThingState>> states = new HashMap<>();
    for (MapPoint point : points) {
      byte[] octets = octets(point, states);
      for (int i = 0; i < octets.length; i++) {
        int at = 2 * (point.address() - range.address()) + i;
        if (at >= 0 && at < 2 * range.count()) {
          answer[2 + at] = octets[i];
        }
      }
    }
    return answer;
  }

  private static List<MapPoint> found(RegisterMap map, int unit, Table table, Range range)
      throws Refusal {
    List<MapPoint> found = map.in(unit, table, range.address(), range.count());
    if (found.isEmpty()) {
      throw new Refusal(ILLEGAL_ADDRESS);
    }
    return found;
  }

  private byte[] octets(MapPoint point, Map<ThingId, Optional<ThingState>> states) throws Refusal {
    Optional<byte[]> octets =
        latest(states.computeIfAbsent(point.thing(), things::find), point)
            .flatMap(reading -> Registers.of(reading.value(), point));
    if (octets.isPresent()) {
      return octets.get();
    } else if (point.absent().isPresent()) {
      return Registers.raw(point.absent().get(), point);
    }
    throw new Refusal(unavailable);
  }

  private static Optional<Reading> latest(Optional<ThingState> state, MapPoint point) {
    return state.map(one -> one.latest().get(point.property())).filter(Slave::fresh);
  }

  private static boolean fresh(Reading reading) {
    return reading.quality() == Quality.GOOD || reading.quality() == Quality.UNCERTAIN;
  }

  private byte[] write(
      RegisterMap map, int unit, int function, ByteBuffer in, byte[] pdu, String by)
      throws Refusal, InterruptedException {
    boolean coils = function == 5 || function == 15;
    boolean single = function == 5 || function == 6;
    if (in.remaining() < 4) {
      throw new Refusal(ILLEGAL_VALUE);
    }
    int address = word(in);
    byte[] octets;
    int count = 1;
    if (single) {
      int word = word(in);
      if (in.hasRemaining() || (coils && word != 0 && word != ON)) {
        throw new Refusal(ILLEGAL_VALUE);
      }
      octets =
          coils
              ? new byte[] {(byte) (word == 0 ? 0 : 1)}
              : new byte[] {(byte) (word >> 8), (byte) word};
    } else {
      count = word(in);
      int most = coils ? MOST_BITS_WRITTEN : MOST_REGISTERS_WRITTEN;
      int length = coils ? (count + 7) / 8 : 2 * count;
      if (count < 1
          || count > most
          || in.remaining() != 1 + length
          || (in.get() & 0xFF) != length) {
        throw new Refusal(ILLEGAL_VALUE);
      }
      octets = new byte[length];
      in.get(octets);
    }
    write(map, unit, coils, address, count, octets, by);
    return Arrays.copyOf(pdu, 5);
  }

  /**
   * What a point of one register was last written by function 22: another one may come before the
   * device has said what it holds now. As many as there are points.
   */
  private static final class Masked {
    private int word;
    private Instant at = Instant.MIN;
  }

  /** Clause 6.16. Bits that are not meant are those that the register is read with. */
  private byte[] mask(RegisterMap map, int unit, ByteBuffer in, byte[] pdu, String by)
      throws Refusal, InterruptedException {
    if (in.remaining() != 6) {
      throw new Refusal(ILLEGAL_VALUE);
    }
    Range range = new Range(word(in), 1);
    int and = word(in);
    int or = word(in);
    MapPoint point = found(map, unit, Table.HOLDING, range).get(0);
    if (point.length() != 1 || point.type() == RegisterType.STRING) {
      throw new Refusal(ILLEGAL_ADDRESS);
    }
    Masked masked = masks.computeIfAbsent(point, one -> new Masked());
    synchronized (masked) {
      Reading reading =
          latest(things.find(point.thing()), point).orElseThrow(() -> new Refusal(unavailable));
      int before = masked.word;
      if (reading.received().isAfter(masked.at)) {
        byte[] octets =
            Registers.of(reading.value(), point).orElseThrow(() -> new Refusal(unavailable));
        before = (octets[0] & 0xFF) << 8 | (octets[1] & 0xFF);
      }
      int after = (before & and) | (or & ~and & 0xFFFF);
      byte[] octets = {(byte) (after >> 8), (byte) after};
      write(map, unit, false, range.address(), 1, octets, by);
      masked.word = after;
      masked.at = Instant.now();
    }
    return pdu;
  }

  /** Clause 6.17: the write comes first, and nothing is written when the read cannot be. */
  private byte[] exchange(RegisterMap map, int unit, ByteBuffer in, String by)
      throws Refusal, InterruptedException {
    if (in.remaining() < 9) {
      throw new Refusal(ILLEGAL_VALUE);
    }
    Range read = range(in, MOST_REGISTERS);
    Range written = range(in, MOST_REGISTERS_EXCHANGED);
    int length = in.get() & 0xFF;
    if (length != 2 * written.count() || in.remaining() != length) {
      throw new Refusal(ILLEGAL_VALUE);
    }
    List<MapPoint> points = found(map, unit, Table.HOLDING, read);
    byte[] octets = new byte[length];
    in.get(octets);
    write(map, unit, false, written.address(), written.count(), octets, by);
    return registers(read, points, 23);
  }

  /** All or nothing is sent: each register must belong to a point that may be written. */
  private void write(
      RegisterMap map, int unit, boolean coils, int address, int count, byte[] octets, String by)
      throws Refusal, InterruptedException {
    int covered = 0;
    List<Command> writes = new ArrayList<>();
    Instant deadline = Instant.now().plus(patience);
    for (MapPoint point : map.in(unit, coils ? Table.COIL : Table.HOLDING, address, count)) {
      if (point.address() < address || point.end() > address + count || !point.writable()) {
        throw new Refusal(ILLEGAL_ADDRESS);
      }
      covered += point.length();
      int at = point.address() - address;
      byte[] part =
          coils
              ? new byte[] {(byte) ((octets[at / 8] >> (at % 8)) & 1)}
              : Arrays.copyOfRange(octets, 2 * at, 2 * (at + point.length()));
      writes.add(new Command.Write(point.thing(), point.property(), value(part, point), deadline));
    }
    if (covered != count) {
      throw new Refusal(ILLEGAL_ADDRESS);
    }
    List<Commands.Ticket> tickets = new ArrayList<>();
    writes.forEach(write -> tickets.add(commands.submit(write, by)));
    for (Commands.Ticket ticket : tickets) {
      ended(ticket, deadline);
    }
  }

  private Value value(byte[] part, MapPoint point) throws Refusal {
    DataSchema.Type type =
        things
            .find(point.thing())
            .map(state -> profiles.current().get(state.registered().thing().profile()))
            .map(Profile::properties)
            .map(properties -> properties.get(point.property()))
            .map(Property::schema)
            .map(DataSchema::type)
            .orElseThrow(() -> new Refusal(ILLEGAL_ADDRESS));
    try {
      return Registers.value(part, point, type);
    } catch (IllegalArgumentException | ArithmeticException wrong) {
      throw new Refusal(ILLEGAL_VALUE);
    }
  }

  private static void ended(Commands.Ticket ticket, Instant deadline)
      throws Refusal, InterruptedException {
    long left = Math.max(0, Duration.between(Instant.now(), deadline).toMillis()) + 1_000;
    try {
      Outcome outcome = ticket.outcome().toCompletableFuture().get(left, TimeUnit.MILLISECONDS);
      if (outcome instanceof Outcome.Failed failed) {
        throw new Refusal(code(failed.reason()));
      }
    } catch (TimeoutException late) {
      throw new Refusal(TARGET_SILENT);
    } catch (ExecutionException bug) {
      throw new Refusal(FAILURE);
    }
  }

  /** What a failed command is to a master (clause 7). */
  static int code(Outcome.Reason reason) {
    return switch (reason) {
      case UNKNOWN_THING, UNKNOWN_AFFORDANCE, NOT_ALLOWED -> ILLEGAL_ADDRESS;
      case INVALID_VALUE -> ILLEGAL_VALUE;
      case BUSY -> BUSY;
      case NO_PROTOCOL, UNREACHABLE, TIMEOUT, EXPIRED -> TARGET_SILENT;
      case REFUSED, BAD_ANSWER, INTERNAL -> FAILURE;
    };
  }
}
