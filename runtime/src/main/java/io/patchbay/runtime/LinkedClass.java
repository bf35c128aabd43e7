package io.patchbay.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * A class whose lambdas and string concatenations are classes and methods already, instead of being
 * spun by the virtual machine when they are first reached (JVMS 6.5, invokedynamic). The archive of
 * classes takes those of bundles in, but never what the machine spins for them.
 */
final class LinkedClass extends ClassVisitor {
  private static final String LAMBDAS = "java/lang/invoke/LambdaMetafactory";
  private static final String CONCATENATIONS = "java/lang/invoke/StringConcatFactory";
  private static final int GENERATED = Opcodes.ACC_STATIC | Opcodes.ACC_SYNTHETIC;

  private final Map<String, byte[]> lambdas = new LinkedHashMap<>();

  /** Methods to be added to the class; only after its own, since visiting is in order. */
  private final List<Runnable> additions = new ArrayList<>();

  private String name = "";
  private int version;
  private int count;

  private LinkedClass(ClassVisitor next) {
    super(Opcodes.ASM9, next);
  }

  /**
   * The class and those made from its lambdas, by internal name.
   *
   * @return nothing when it stays as it is
   */
  static Map<String, byte[]> of(byte[] original) {
    ClassReader reader;
    try {
      reader = new ClassReader(original);
    } catch (IllegalArgumentException newer) {
      return Map.of(); // than what is known of class files
    }
    // what is added to an interface could not be hidden in its package
    if ((reader.getAccess() & (Opcodes.ACC_INTERFACE | Opcodes.ACC_MODULE)) != 0) {
      return Map.of();
    }
    ClassWriter writer = new ClassWriter(reader, 0);
    LinkedClass linked = new LinkedClass(writer);
    reader.accept(linked, 0);
    if (linked.count == 0) {
      return Map.of();
    }
    Map<String, byte[]> classes = new LinkedHashMap<>();
    classes.put(reader.getClassName(), writer.toByteArray());
    classes.putAll(linked.lambdas);
    return classes;
  }

  @Override
  public void visit(
      int classVersion,
      int access,
      String className,
      @Nullable String signature,
      String superName,
      String[] interfaces) {
    version = classVersion;
    name = className;
    super.visit(classVersion, access, className, signature, superName, interfaces);
  }

  @Override
  public MethodVisitor visitMethod(
      int access,
      String method,
      String descriptor,
      @Nullable String signature,
      String @Nullable [] exceptions) {
    int reachable = isBody(access, method) ? access & ~Opcodes.ACC_PRIVATE : access;
    return new MethodVisitor(
        Opcodes.ASM9, super.visitMethod(reachable, method, descriptor, signature, exceptions)) {
      @Override
      public void visitInvokeDynamicInsn(
          String called, String type, Handle bootstrap, Object... arguments) {
        if (bootstrap.getOwner().equals(LAMBDAS) && bootstrap.getName().equals("metafactory")) {
          lambda(mv, called, type, arguments);
        } else if (bootstrap.getOwner().equals(CONCATENATIONS)
            && bootstrap.getName().equals("makeConcatWithConstants")
            && arguments.length == 1) {
          String concatenation = "concatenation$" + count++;
          additions.add(() -> addConcatenation(concatenation, type, (String) arguments[0]));
          mv.visitMethodInsn(Opcodes.INVOKESTATIC, name, concatenation, type, false);
        } else {
          super.visitInvokeDynamicInsn(called, type, bootstrap, arguments);
        }
      }
    };
  }

  @Override
  public void visitEnd() {
    additions.forEach(Runnable::run);
    super.visitEnd();
  }

  /** The body of a lambda that javac made; only the class itself knows it. */
  private static boolean isBody(int access, String method) {
    int body = Opcodes.ACC_PRIVATE | GENERATED;
    return (access & body) == body && method.startsWith("lambda$");
  }

  private void lambda(MethodVisitor code, String called, String type, Object[] arguments) {
    Handle body = (Handle) arguments[1];
    Type erased = (Type) arguments[0];
    Type exact = (Type) arguments[2];
    String made = name + "$linked$" + count++;
    String target = body.getName();
    String targetType = body.getDesc();
    if (body.getTag() != Opcodes.H_INVOKESTATIC
        || !body.getOwner().equals(name)
        || !target.startsWith("lambda$")) {
      // as the class itself may call it; others may not
      target = "call$" + count++;
      targetType = callType(type, exact, body);
      String caller = target;
      String callerType = targetType;
      additions.add(() -> addCall(caller, callerType, body));
    }
    lambdas.put(
        made,
        LinkedLambda.make(
            version,
            made,
            type,
            called,
            erased,
            exact,
            new LinkedLambda.Target(name, target, targetType)));
    if (Type.getArgumentTypes(type).length == 0) {
      code.visitFieldInsn(
          Opcodes.GETSTATIC, made, LinkedLambda.ONLY, Type.getReturnType(type).getDescriptor());
    } else {
      code.visitMethodInsn(Opcodes.INVOKESTATIC, made, LinkedLambda.MAKE, type, false);
    }
  }

  /** What is captured, then what the caller gives, to what the body returns. */
  private static String callType(String type, Type exact, Handle body) {
    List<Type> parameters = new ArrayList<>(List.of(Type.getArgumentTypes(type)));
    parameters.addAll(List.of(exact.getArgumentTypes()));
    return Type.getMethodDescriptor(returned(body), parameters.toArray(Type[]::new));
  }

  private static Type returned(Handle body) {
    return body.getTag() == Opcodes.H_NEWINVOKESPECIAL
        ? Type.getObjectType(body.getOwner())
        : Type.getReturnType(body.getDesc());
  }

  private void addCall(String method, String type, Handle body) {
    MethodVisitor code = super.visitMethod(GENERATED, method, type, null, null);
    code.visitCode();
    int tag = body.getTag();
    if (tag == Opcodes.H_NEWINVOKESPECIAL) {
      code.visitTypeInsn(Opcodes.NEW, body.getOwner());
      code.visitInsn(Opcodes.DUP);
    }
    boolean received = tag != Opcodes.H_INVOKESTATIC && tag != Opcodes.H_NEWINVOKESPECIAL;
    Type[] wanted = Type.getArgumentTypes(body.getDesc());
    int slot = 0;
    int index = received ? -1 : 0;
    for (Type given : Type.getArgumentTypes(type)) {
      code.visitVarInsn(given.getOpcode(Opcodes.ILOAD), slot);
      slot += given.getSize();
      if (index >= 0) {
        Conversion.parameter(code, given, wanted[index]);
      }
      index++;
    }
    int opcode =
        switch (tag) {
          case Opcodes.H_INVOKESTATIC -> Opcodes.INVOKESTATIC;
          case Opcodes.H_INVOKEINTERFACE -> Opcodes.INVOKEINTERFACE;
          case Opcodes.H_INVOKEVIRTUAL -> Opcodes.INVOKEVIRTUAL;
          default -> Opcodes.INVOKESPECIAL;
        };
    code.visitMethodInsn(
        opcode, body.getOwner(), body.getName(), body.getDesc(), body.isInterface());
    code.visitInsn(Type.getReturnType(type).getOpcode(Opcodes.IRETURN));
    code.visitMaxs(2 * slot + 4, slot);
    code.visitEnd();
  }

  /**
   * Adds a method that concatenates.
   *
   * @param recipe what stands between the arguments, each of them a {@code \1}
   */
  private void addConcatenation(String method, String type, String recipe) {
    MethodVisitor code =
        super.visitMethod(Opcodes.ACC_PRIVATE | GENERATED, method, type, null, null);
    code.visitCode();
    String builder = "java/lang/StringBuilder";
    code.visitTypeInsn(Opcodes.NEW, builder);
    code.visitInsn(Opcodes.DUP);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, builder, "<init>", "()V", false);
    Type[] arguments = Type.getArgumentTypes(type);
    int slot = 0;
    int index = 0;
    int text = 0;
    for (int at = 0; at <= recipe.length(); at++) {
      boolean argument = at < recipe.length() && recipe.charAt(at) == 1;
      if ((argument || at == recipe.length()) && at > text) {
        code.visitLdcInsn(recipe.substring(text, at));
        append(code, builder, Type.getType(String.class));
      }
      if (argument) {
        Type given = arguments[index++];
        code.visitVarInsn(given.getOpcode(Opcodes.ILOAD), slot);
        slot += given.getSize();
        append(code, builder, given);
        text = at + 1;
      }
    }
    code.visitMethodInsn(Opcodes.INVOKEVIRTUAL, builder, "toString", "()Ljava/lang/String;", false);
    code.visitInsn(Opcodes.ARETURN);
    code.visitMaxs(4, slot);
    code.visitEnd();
  }

  private static void append(MethodVisitor code, String builder, Type given) {
    String taken =
        switch (given.getSort()) {
          case Type.BYTE, Type.SHORT -> "I";
          case Type.OBJECT, Type.ARRAY ->
              given.getClassName().equals("java.lang.String")
                  ? given.getDescriptor()
                  : "Ljava/lang/Object;";
          default -> given.getDescriptor();
        };
    code.visitMethodInsn(
        Opcodes.INVOKEVIRTUAL, builder, "append", "(" + taken + ")L" + builder + ";", false);
  }
}
