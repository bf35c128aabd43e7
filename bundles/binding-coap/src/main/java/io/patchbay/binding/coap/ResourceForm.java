package io.patchbay.binding.coap;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;

/** What a form of this protocol says besides its media type. */
final class ResourceForm {
  static final String RESOURCE = "resource";
  private static final String OBSERVE = "observe";

  private ResourceForm() {}

  /** Whether the hub asks the device for it, rather than that the device posts to the hub. */
  static boolean asked(Form form) {
    return form.term(OBSERVE).map("true"::equals).orElse(false);
  }

  /** Whether the device posts it to the hub. */
  static boolean pushed(Form form) {
    return !asked(form) && (form.ops().contains(Op.OBSERVE) || form.ops().contains(Op.SUBSCRIBE));
  }

  /**
   * The path without its leading slash, or the whole URI, named parts not filled in.
   *
   * @throws IllegalArgumentException when the form lacks it
   */
  static String resource(Form form) {
    return path(form.required(RESOURCE));
  }

  static String path(String resource) {
    return resource.startsWith("/") ? resource.substring(1) : resource;
  }

  static boolean absolute(String resource) {
    return resource.startsWith("coap://") || resource.startsWith("coaps://");
  }

  /**
   * @throws IllegalArgumentException naming the term that is wrong and what is accepted
   */
  static void check(Form form) {
    String resource = resource(form);
    if (form.ops().contains(Op.OBSERVE) && !asked(form) && absolute(resource)) {
      throw new IllegalArgumentException(
          "resource '"
              + resource
              + "' is at the device: add 'observe: true', or name the path that the device posts"
              + " to");
    }
    if (!asked(form)) {
      AddressPattern unused = AddressPattern.of(resource);
    }
  }
}
