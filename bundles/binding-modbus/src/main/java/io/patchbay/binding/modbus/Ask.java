package io.patchbay.binding.modbus;

import com.digitalpetri.modbus.ModbusPduSerializer.DefaultRequestSerializer;
import com.digitalpetri.modbus.exceptions.ModbusException;
import com.digitalpetri.modbus.pdu.MaskWriteRegisterRequest;
import com.digitalpetri.modbus.pdu.ModbusRequestPdu;
import com.digitalpetri.modbus.pdu.ReadCoilsRequest;
import com.digitalpetri.modbus.pdu.ReadDiscreteInputsRequest;
import com.digitalpetri.modbus.pdu.ReadHoldingRegistersRequest;
import com.digitalpetri.modbus.pdu.ReadInputRegistersRequest;
import com.digitalpetri.modbus.pdu.ReadWriteMultipleRegistersRequest;
import com.digitalpetri.modbus.pdu.WriteMultipleCoilsRequest;
import com.digitalpetri.modbus.pdu.WriteMultipleRegistersRequest;
import com.digitalpetri.modbus.pdu.WriteSingleCoilRequest;
import com.digitalpetri.modbus.pdu.WriteSingleRegisterRequest;
import io.patchbay.thing.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * A request and how its answer is told from every other (MODBUS Application Protocol V1.1b3, clause
 * 6).
 *
 * @param pdu function and what follows it
 * @param octets of data in the answer; -1 when they are not known before
 * @param echo how the answer begins, when it repeats the request; empty when it brings data
 * @param what for a person
 */
record Ask(Bytes pdu, int octets, Bytes echo, String what) {
  private static final int LONGEST_PDU = 253;
  private static final int EXCEPTION = 0x80;
  private static final int IDENTIFY = 0x2B;
  private static final int MEI_IDENTIFICATION = 0x0E;
  private static final int ONE_OBJECT = 4;

  static Ask read(Span span) {
    int address = span.address();
    int count = span.count();
    return switch (span.table()) {
      case COIL -> data(new ReadCoilsRequest(address, count), (count + 7) / 8, "reading " + span);
      case DISCRETE ->
          data(new ReadDiscreteInputsRequest(address, count), (count + 7) / 8, "reading " + span);
      case HOLDING ->
          data(new ReadHoldingRegistersRequest(address, count), 2 * count, "reading " + span);
      case INPUT ->
          data(new ReadInputRegistersRequest(address, count), 2 * count, "reading " + span);
      case IDENTIFICATION ->
          new Ask(
              Bytes.wrap(new byte[] {IDENTIFY, MEI_IDENTIFICATION, ONE_OBJECT, (byte) address}),
              -1,
              Bytes.EMPTY,
              "reading " + span);
    };
  }

  static Ask writeCoil(int address, boolean on) {
    return echoed(new WriteSingleCoilRequest(address, on), 5, "writing coil " + address);
  }

  static Ask writeCoils(int address, boolean on) {
    byte[] values = {(byte) (on ? 1 : 0)};
    return echoed(new WriteMultipleCoilsRequest(address, 1, values), 5, "writing coil " + address);
  }

  static Ask writeRegister(int address, int word) {
    return echoed(new WriteSingleRegisterRequest(address, word), 5, "writing holding " + address);
  }

  static Ask writeRegisters(Span span, byte[] words) {
    return echoed(
        new WriteMultipleRegistersRequest(span.address(), span.count(), words),
        5,
        "writing " + span);
  }

  /** Of the register only the bits that are 0 in {@code and} change (clause 6.16). */
  static Ask mask(int address, int and, int or) {
    return echoed(
        new MaskWriteRegisterRequest(address, and, or), 7, "writing bits of holding " + address);
  }

  static Ask exchange(Span span, byte[] words) {
    return data(
        new ReadWriteMultipleRegistersRequest(
            span.address(), span.count(), span.address(), span.count(), words),
        2 * span.count(),
        "writing " + span);
  }

  /**
   * A small read whose answer is longer or shorter than that of a request that was not answered:
   * what comes late is not taken for it.
   */
  Ask probe() {
    int address = pdu.length() < 3 ? 0 : (pdu.at(1) & 0xFF) << 8 | (pdu.at(2) & 0xFF);
    Table table = function() == Table.INPUT.function() ? Table.INPUT : Table.HOLDING;
    if (function() == Table.COIL.function() || function() == Table.DISCRETE.function()) {
      table = function() == Table.COIL.function() ? Table.COIL : Table.DISCRETE;
      return read(new Span(table, Math.min(address, 0xFFF0), octets == 1 ? 9 : 1));
    }
    return read(new Span(table, Math.min(address, 0xFFFE), octets == 2 ? 2 : 1));
  }

  private static Ask data(ModbusRequestPdu request, int octets, String what) {
    return new Ask(encoded(request), octets, Bytes.EMPTY, what);
  }

  private static Ask echoed(ModbusRequestPdu request, int repeated, String what) {
    Bytes pdu = encoded(request);
    return new Ask(pdu, 0, pdu.first(repeated), what);
  }

  private static Bytes encoded(ModbusRequestPdu request) {
    ByteBuffer buffer = ByteBuffer.allocate(LONGEST_PDU);
    try {
      DefaultRequestSerializer.INSTANCE.encode(request, buffer);
    } catch (ModbusException e) {
      throw new IllegalStateException("a request that cannot be encoded: " + request, e);
    }
    return Bytes.wrap(Arrays.copyOf(buffer.array(), buffer.position()));
  }

  int function() {
    return pdu.at(0) & 0xFF;
  }

  /** Whether nothing is read by it alone. */
  boolean writes() {
    return switch (function()) {
      case 0x05, 0x06, 0x0F, 0x10, 0x16, 0x17 -> true;
      default -> false;
    };
  }

  /**
   * What the device said, when this PDU answers this request.
   *
   * @return empty when it is an answer to something else, or none at all
   */
  Optional<Said> said(byte[] answer) {
    if (answer.length == 2 && (answer[0] & 0xFF) == (function() | EXCEPTION)) {
      return Optional.of(new Said.Refusal(answer[1] & 0xFF));
    } else if (answer.length < 2 || (answer[0] & 0xFF) != function()) {
      return Optional.empty();
    } else if (echo.length() > 0) {
      boolean same = Bytes.wrap(answer).equals(echo);
      return same ? Optional.of(new Said.Data(Bytes.EMPTY)) : Optional.empty();
    } else if (function() == IDENTIFY) {
      return identification(answer);
    }
    boolean fits = (answer[1] & 0xFF) == octets && answer.length == 2 + octets;
    return fits
        ? Optional.of(new Said.Data(Bytes.wrap(Arrays.copyOfRange(answer, 2, answer.length))))
        : Optional.empty();
  }

  /** Clause 6.21: one object, the one that was asked for. */
  private Optional<Said> identification(byte[] answer) {
    int at = 7;
    boolean one =
        answer.length >= at + 2
            && answer[1] == MEI_IDENTIFICATION
            && answer[2] == ONE_OBJECT
            && answer[6] == 1
            && answer[at] == pdu.at(3)
            && answer.length == at + 2 + (answer[at + 1] & 0xFF);
    return one
        ? Optional.of(new Said.Data(Bytes.wrap(Arrays.copyOfRange(answer, at + 2, answer.length))))
        : Optional.empty();
  }

  /** What a device answers. */
  sealed interface Said {
    /**
     * @param octets registers as they came, or bits, eight to an octet, the lowest first
     */
    record Data(Bytes octets) implements Said {}

    /**
     * @param code clause 7
     */
    record Refusal(int code) implements Said {
      String words() {
        String name =
            com.digitalpetri.modbus.ExceptionCode.from(code)
                .map(known -> known.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '))
                .orElse("not known");
        return String.format("exception %02X (%s)", code, name);
      }
    }
  }
}
