package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.thing.Bytes;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RtuTest {
  private static final Ask TWO = Ask.read(new Span(Table.HOLDING, 0, 2));
  private final Rtu rtu = new Rtu();

  @Test
  void framesARequestAsTheBooksDo() {
    // 10 registers from 0 of unit 1: 01 03 00 00 00 0A C5 CD
    byte[] frame = Rtu.frame(1, Ask.read(new Span(Table.HOLDING, 0, 10)).pdu());
    assertThat(hex(frame)).isEqualTo("01030000000ac5cd");
    assertThat(hex(Ask.writeCoil(0xAC, true).pdu().toArray())).isEqualTo("0500acff00");
    assertThat(hex(Ask.mask(4, 0x00F2, 0x0025).pdu().toArray())).isEqualTo("16000400f20025");
    assertThat(
            hex(
                Ask.writeRegisters(new Span(Table.HOLDING, 1, 2), new byte[] {0, 10, 1, 2})
                    .pdu()
                    .toArray()))
        .isEqualTo("100001000204000a0102");
    assertThat(hex(Ask.read(new Span(Table.IDENTIFICATION, 2, 1)).pdu().toArray()))
        .isEqualTo("2b0e0402");
  }

  @Test
  void findsAnAnswerThatComesInPieces() {
    byte[] frame = answer(7, "0304000A0102");
    for (int i = 0; i < frame.length - 1; i++) {
      rtu.add(new byte[] {frame[i]}, 1);
      assertThat(rtu.answer(7, TWO)).isEmpty();
    }
    rtu.add(new byte[] {frame[frame.length - 1]}, 1);
    assertThat(rtu.answer(7, TWO)).contains(data("000A0102"));
  }

  @Test
  void takesNoAnswerOfAnotherUnitOrAnotherLength() {
    add(answer(8, "0304000A0102"));
    add(answer(7, "0302000A"));
    add(answer(7, "0404000A0102"));
    assertThat(rtu.answer(7, TWO)).isEmpty();
    add(answer(7, "0304000B0102"));
    assertThat(rtu.answer(7, TWO)).contains(data("000B0102"));
    assertThat(rtu.dropped()).isPositive();
  }

  @Test
  void takesNoFrameWithABadSum() {
    byte[] frame = answer(7, "0304000A0102");
    frame[4] ^= 1;
    add(frame);
    assertThat(rtu.answer(7, TWO)).isEmpty();
  }

  @Test
  void findsTheAnswerBehindGarbageThatLooksLikeALongFrame() {
    add(new byte[] {7, 3, (byte) 250, 1});
    add(answer(7, "0304000A0102"));
    assertThat(rtu.answer(7, TWO)).contains(data("000A0102"));
  }

  @Test
  void tellsARefusal() {
    add(answer(7, "8302"));
    Optional<Ask.Said> said = rtu.answer(7, TWO);
    assertThat(said).contains(new Ask.Said.Refusal(2));
    assertThat(new Ask.Said.Refusal(2).words()).isEqualTo("exception 02 (illegal data address)");
  }

  @Test
  void readsTheIdentification() {
    Ask ask = Ask.read(new Span(Table.IDENTIFICATION, 0, 1));
    add(answer(7, "2B0E0483000001" + "0003" + "414243"));
    assertThat(rtu.answer(7, ask)).contains(data("414243"));
  }

  @Test
  void findsTheAnswerAfterAnyGarbageAndNeverAnother() {
    Random random = new Random(1);
    int missed = 0;
    for (int round = 0; round < 20_000; round++) {
      Rtu line = new Rtu();
      byte[] garbage = new byte[random.nextInt(40)];
      random.nextBytes(garbage);
      line.add(garbage, garbage.length);
      assertThat(line.answer(7, TWO)).isEmpty();
      byte[] frame = answer(7, "0304000A0102");
      line.add(frame, frame.length);
      Optional<Ask.Said> said = line.answer(7, TWO);
      missed += said.isEmpty() ? 1 : 0;
      assertThat(said.orElse(data("000A0102"))).isEqualTo(data("000A0102"));
    }
    // garbage that runs into the answer has a right sum by chance, once in 65,536 places
    assertThat(missed).isLessThan(20);
  }

  @Test
  void aProbeIsToldFromWhatMayComeLate() {
    for (int count = 1; count < 5; count++) {
      Ask lost = Ask.read(new Span(Table.HOLDING, 0xFFFF, count));
      assertThat(lost.probe().octets()).isNotEqualTo(lost.octets());
      Ask bits = Ask.read(new Span(Table.COIL, 3, 8 * count));
      assertThat(bits.probe().octets()).isNotEqualTo(bits.octets());
    }
    assertThat(Ask.writeRegister(1, 2).probe().function()).isEqualTo(3);
    assertThat(TWO.probe().probe().octets()).isNotEqualTo(TWO.probe().octets());
  }

  private void add(byte[] octets) {
    rtu.add(octets, octets.length);
  }

  private static byte[] answer(int unit, String pdu) {
    return Rtu.frame(unit, Bytes.wrap(HexFormat.of().parseHex(pdu)));
  }

  private static Ask.Said data(String hex) {
    return new Ask.Said.Data(Bytes.wrap(HexFormat.of().parseHex(hex)));
  }

  private static String hex(byte[] octets) {
    return HexFormat.of().formatHex(octets);
  }
}
