package io.patchbay.binding.modbus;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Thing;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * One property of one unit.
 *
 * @param source the form it was read from
 * @param target what its frames are of
 * @param origin where its frames are from
 */
record Point(
    String property,
    int unit,
    Form source,
    PointForm form,
    RegisterCodec codec,
    Optional<Target> target,
    Origin origin) {
  private static final int LAST_UNIT = 255;

  /**
   * @throws IllegalArgumentException naming the term that is wrong
   */
  static Point of(String property, Wire wire, Thing thing) {
    PointForm form = PointForm.of(new Terms(wire.terms()), wire.form().ops());
    String unit = wire.terms().getOrDefault("unit", thing.terms().getOrDefault("unit", "1"));
    long id = Terms.whole("unit", unit);
    if (id < 0 || id > LAST_UNIT) {
      throw new IllegalArgumentException("unit must be 0 to 255, not " + unit);
    }
    // only whether a value is absent is asked of it, which is no matter of the schema
    DataSchema any = DataSchema.of(DataSchema.Type.DATA);
    return new Point(
        property,
        (int) id,
        wire.form(),
        form,
        new RegisterCodec(form, any),
        Optional.of(new Target(thing.id(), property)),
        origin(thing.connection(), (int) id, form));
  }

  private static Origin origin(String connection, int unit, PointForm form) {
    return new Origin(ModbusProtocol.SCHEME, connection, "unit " + unit + " " + form.span());
  }

  /** The same, where its model begins at this address. */
  Point behind(int address) {
    PointForm there = form.behind(address);
    DataSchema any = DataSchema.of(DataSchema.Type.DATA);
    return new Point(
        property,
        unit,
        source,
        there,
        new RegisterCodec(there, any),
        target,
        origin(origin.connection(), unit, there));
  }

  /** What must be read for it. */
  Set<Span> spans() {
    Set<Span> spans = new LinkedHashSet<>();
    spans.add(form.span());
    form.factorSpan().ifPresent(spans::add);
    return spans;
  }
}
