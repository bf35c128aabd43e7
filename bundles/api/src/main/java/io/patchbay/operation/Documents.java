package io.patchbay.operation;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The text files of one kind (profiles, routes) that the hub lives by; a service with the property
 * {@link #KIND}. What ships is the base; a file of the same id in the data directory overlays it.
 */
public interface Documents {
  /** Service property: {@code profile} or {@code route}. */
  String KIND = "patchbay.kind";

  /** All, sorted by id. */
  List<Document> list();

  /** The text in service, or, when none is, the text refused. */
  Optional<String> text(String id);

  /**
   * Checks, writes into the data directory and puts into service.
   *
   * @throws RefusedException with the findings in words; the previous one stays in service
   */
  Document put(String id, String text) throws RefusedException, IOException;

  /**
   * Removes the overlay; a shipped one of the same id comes back. False when there is no overlay.
   */
  boolean remove(String id) throws IOException;

  /**
   * @param version of the text in service, empty when none is
   * @param shipped whether the text in service is the base
   * @param state {@code active}, {@code refused}, {@code failed}, {@code waiting} (for something it
   *     needs) or {@code disabled}
   * @param findings of the newest text, which may have been refused while the previous one stays
   */
  record Document(
      String id,
      String title,
      String version,
      boolean shipped,
      String state,
      List<Finding> findings) {
    public Document {
      findings = List.copyOf(findings);
    }
  }
}
