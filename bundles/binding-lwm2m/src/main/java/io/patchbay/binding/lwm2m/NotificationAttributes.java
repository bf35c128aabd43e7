package io.patchbay.binding.lwm2m;

import io.patchbay.profile.Form;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttribute;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeModel;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributes;
import org.eclipse.leshan.core.node.LwM2mPath;

/**
 * When a device shall notify (LwM2M 1.1 Core, clause 5.1.2, class NOTIFICATION), as terms of a
 * profile's form; as text {@code pmin=10&st=0.5}, empty when that is left to the device.
 */
final class NotificationAttributes {
  private static final List<LwM2mAttributeModel<Long>> SECONDS =
      List.of(LwM2mAttributes.MINIMUM_PERIOD, LwM2mAttributes.MAXIMUM_PERIOD);

  private static final List<LwM2mAttributeModel<BigDecimal>> VALUES =
      List.of(LwM2mAttributes.GREATER_THAN, LwM2mAttributes.LESSER_THAN, LwM2mAttributes.STEP);

  private NotificationAttributes() {}

  /** By path, of those that have any: what an observation is kept with. */
  static Map<String, String> of(Map<LwM2mPath, Form> forms) {
    Map<String, String> all = new HashMap<>();
    forms.forEach(
        (path, form) -> {
          String text = of(form);
          if (!text.isEmpty()) {
            all.put(path.toString(), text);
          }
        });
    return all;
  }

  private static String of(Form form) {
    StringJoiner text = new StringJoiner("&");
    SECONDS.forEach(one -> add(text, form, one.getName()));
    VALUES.forEach(one -> add(text, form, one.getName()));
    return text.toString();
  }

  private static void add(StringJoiner text, Form form, String name) {
    form.term(name).ifPresent(value -> text.add(name + "=" + value));
  }

  /**
   * What the device is to be told; without a value what is wanted no more.
   *
   * @param wanted now
   * @param told before; empty when it was told nothing
   */
  static LwM2mAttributeSet toTell(String wanted, String told) {
    Map<String, String> now = values(wanted);
    Map<String, String> before = values(told);
    List<LwM2mAttribute<?>> all = new ArrayList<>();
    SECONDS.forEach(one -> add(all, one, now, before, Long::valueOf));
    VALUES.forEach(one -> add(all, one, now, before, BigDecimal::new));
    return new LwM2mAttributeSet(all);
  }

  private static <T> void add(
      List<LwM2mAttribute<?>> all,
      LwM2mAttributeModel<T> model,
      Map<String, String> now,
      Map<String, String> before,
      Function<String, T> read) {
    String value = now.get(model.getName());
    if (value != null) {
      all.add(LwM2mAttributes.create(model, read.apply(value)));
    } else if (before.containsKey(model.getName())) {
      all.add(LwM2mAttributes.create(model));
    }
  }

  private static Map<String, String> values(String text) {
    Map<String, String> values = new HashMap<>();
    for (String one : text.split("&", -1)) {
      int equals = one.indexOf('=');
      if (equals > 0) {
        values.put(one.substring(0, equals), one.substring(equals + 1));
      }
    }
    return values;
  }
}
