package io.patchbay.runtime;

import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The class of one lambda: it keeps what is captured and calls the body in the class beside it. */
final class LinkedLambda {
  /** Field of the only instance, when nothing is captured. */
  static final String ONLY = "ONLY";

  /** Method that captures. */
  static final String MAKE = "make";

  private final ClassWriter writer = new ClassWriter(0);
  private final String name;
  private final Type[] captured;
  private final String face;

  private LinkedLambda(String name, String type) {
    this.name = name;
    this.captured = Type.getArgumentTypes(type);
    this.face = Type.getReturnType(type).getInternalName();
  }

  /** A static method within the package. */
  record Target(String owner, String name, String type) {}

  /**
   * @param version of the class file
   * @param name internal, as all names here
   * @param type what is captured, to the interface
   * @param method of the interface
   * @param erased the method's type as the interface declares it
   * @param exact the same with the arguments of its type filled in
   */
  static byte[] make(
      int version,
      String name,
      String type,
      String method,
      Type erased,
      Type exact,
      Target target) {
    LinkedLambda lambda = new LinkedLambda(name, type);
    lambda.begin(version);
    if (lambda.captured.length == 0) {
      lambda.only();
    } else {
      lambda.maker(type);
    }
    lambda.method(method, erased, exact, target);
    lambda.writer.visitEnd();
    return lambda.writer.toByteArray();
  }

  private void begin(int version) {
    int access = Opcodes.ACC_FINAL | Opcodes.ACC_SUPER | Opcodes.ACC_SYNTHETIC;
    writer.visit(version, access, name, null, "java/lang/Object", new String[] {face});
    for (int i = 0; i < captured.length; i++) {
      String type = captured[i].getDescriptor();
      writer.visitField(Opcodes.ACC_PRIVATE | Opcodes.ACC_FINAL, "a" + i, type, null, null);
    }
    MethodVisitor code =
        writer.visitMethod(Opcodes.ACC_PRIVATE, "<init>", constructor(), null, null);
    code.visitCode();
    code.visitVarInsn(Opcodes.ALOAD, 0);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/Object", "<init>", "()V", false);
    int slot = 1;
    for (int i = 0; i < captured.length; i++) {
      code.visitVarInsn(Opcodes.ALOAD, 0);
      code.visitVarInsn(captured[i].getOpcode(Opcodes.ILOAD), slot);
      code.visitFieldInsn(Opcodes.PUTFIELD, name, "a" + i, captured[i].getDescriptor());
      slot += captured[i].getSize();
    }
    end(code, Opcodes.RETURN, 3, slot);
  }

  private String constructor() {
    return Type.getMethodDescriptor(Type.VOID_TYPE, captured);
  }

  private void only() {
    String type = "L" + face + ";";
    writer.visitField(Opcodes.ACC_STATIC | Opcodes.ACC_FINAL, ONLY, type, null, null);
    MethodVisitor code = writer.visitMethod(Opcodes.ACC_STATIC, "<clinit>", "()V", null, null);
    code.visitCode();
    code.visitTypeInsn(Opcodes.NEW, name);
    code.visitInsn(Opcodes.DUP);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, name, "<init>", "()V", false);
    code.visitFieldInsn(Opcodes.PUTSTATIC, name, ONLY, type);
    end(code, Opcodes.RETURN, 2, 0);
  }

  private void maker(String type) {
    MethodVisitor code = writer.visitMethod(Opcodes.ACC_STATIC, MAKE, type, null, null);
    code.visitCode();
    code.visitTypeInsn(Opcodes.NEW, name);
    code.visitInsn(Opcodes.DUP);
    int slot = 0;
    for (Type one : captured) {
      code.visitVarInsn(one.getOpcode(Opcodes.ILOAD), slot);
      slot += one.getSize();
    }
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, name, "<init>", constructor(), false);
    end(code, Opcodes.ARETURN, slot + 2, slot);
  }

  private void method(String method, Type erased, Type exact, Target target) {
    MethodVisitor code =
        writer.visitMethod(Opcodes.ACC_PUBLIC, method, erased.getDescriptor(), null, null);
    code.visitCode();
    int stack = 4;
    for (int i = 0; i < captured.length; i++) {
      code.visitVarInsn(Opcodes.ALOAD, 0);
      code.visitFieldInsn(Opcodes.GETFIELD, name, "a" + i, captured[i].getDescriptor());
      stack += captured[i].getSize();
    }
    Type[] given = erased.getArgumentTypes();
    Type[] meant = exact.getArgumentTypes();
    Type[] wanted = Type.getArgumentTypes(target.type());
    int slot = 1;
    for (int i = 0; i < given.length; i++) {
      code.visitVarInsn(given[i].getOpcode(Opcodes.ILOAD), slot);
      Conversion.cast(code, given[i], meant[i]);
      Conversion.parameter(code, meant[i], wanted[captured.length + i]);
      slot += given[i].getSize();
      stack += 2;
    }
    code.visitMethodInsn(Opcodes.INVOKESTATIC, target.owner(), target.name(), target.type(), false);
    Conversion.result(code, Type.getReturnType(target.type()), exact.getReturnType());
    end(code, erased.getReturnType().getOpcode(Opcodes.IRETURN), stack, slot);
  }

  private static void end(MethodVisitor code, int opcode, int stack, int locals) {
    code.visitInsn(opcode);
    code.visitMaxs(stack, locals);
    code.visitEnd();
  }
}
