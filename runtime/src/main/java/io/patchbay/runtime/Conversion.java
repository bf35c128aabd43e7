package io.patchbay.runtime;

import java.util.Map;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** How a value of one type becomes one of another, as {@code LambdaMetafactory} allows it. */
final class Conversion {
  private static final String OBJECT = "java/lang/Object";

  /** By the wrapper's internal name. */
  private static final Map<String, Type> PRIMITIVES =
      Map.of(
          "java/lang/Boolean", Type.BOOLEAN_TYPE,
          "java/lang/Byte", Type.BYTE_TYPE,
          "java/lang/Character", Type.CHAR_TYPE,
          "java/lang/Short", Type.SHORT_TYPE,
          "java/lang/Integer", Type.INT_TYPE,
          "java/lang/Long", Type.LONG_TYPE,
          "java/lang/Float", Type.FLOAT_TYPE,
          "java/lang/Double", Type.DOUBLE_TYPE);

  private Conversion() {}

  /** A reference is what its type arguments say, checked. */
  static void cast(MethodVisitor code, Type from, Type to) {
    if (!from.equals(to) && !isPrimitive(to) && !to.getInternalName().equals(OBJECT)) {
      code.visitTypeInsn(Opcodes.CHECKCAST, to.getInternalName());
    }
  }

  /** Boxed, unboxed or widened; a reference is a subtype already. */
  static void parameter(MethodVisitor code, Type from, Type to) {
    if (isPrimitive(from) && isPrimitive(to)) {
      widen(code, from, to);
    } else if (isPrimitive(from)) {
      box(code, from);
    } else if (isPrimitive(to)) {
      Type unboxed = PRIMITIVES.get(from.getInternalName());
      if (unboxed == null) {
        code.visitTypeInsn(Opcodes.CHECKCAST, wrapper(to));
        unboxed = to;
      }
      code.visitMethodInsn(
          Opcodes.INVOKEVIRTUAL,
          wrapper(unboxed),
          unboxed.getClassName() + "Value",
          "()" + unboxed.getDescriptor(),
          false);
      widen(code, unboxed, to);
    }
  }

  /** As a parameter, but a reference is checked, and nothing may be wanted. */
  static void result(MethodVisitor code, Type from, Type to) {
    if (to.getSort() == Type.VOID) {
      if (from.getSize() > 0) {
        code.visitInsn(from.getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
      }
    } else if (isPrimitive(from) || isPrimitive(to)) {
      parameter(code, from, to);
    } else {
      cast(code, from, to);
    }
  }

  private static boolean isPrimitive(Type type) {
    return type.getSort() < Type.ARRAY;
  }

  private static void box(MethodVisitor code, Type from) {
    String wrapper = wrapper(from);
    code.visitMethodInsn(
        Opcodes.INVOKESTATIC,
        wrapper,
        "valueOf",
        "(" + from.getDescriptor() + ")L" + wrapper + ";",
        false);
  }

  private static String wrapper(Type primitive) {
    for (Map.Entry<String, Type> entry : PRIMITIVES.entrySet()) {
      if (entry.getValue().equals(primitive)) {
        return entry.getKey();
      }
    }
    throw new IllegalArgumentException(primitive + " has no wrapper");
  }

  private static void widen(MethodVisitor code, Type from, Type to) {
    if (from.equals(to)) {
      return;
    }
    switch (to.getSort()) {
      case Type.LONG -> code.visitInsn(Opcodes.I2L);
      case Type.FLOAT -> code.visitInsn(from.getSort() == Type.LONG ? Opcodes.L2F : Opcodes.I2F);
      case Type.DOUBLE ->
          code.visitInsn(
              switch (from.getSort()) {
                case Type.LONG -> Opcodes.L2D;
                case Type.FLOAT -> Opcodes.F2D;
                default -> Opcodes.I2D;
              });
      default -> {
        // smaller whole numbers are ints already
      }
    }
  }
}
