package io.patchbay.binding.lwm2m;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.leshan.core.model.DDFFileParser;
import org.eclipse.leshan.core.model.DefaultDDFFileValidatorFactory;
import org.eclipse.leshan.core.model.InvalidDDFFileException;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.server.model.LwM2mModelProvider;
import org.eclipse.leshan.server.registration.Registration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What objects are, as the OMA registry and files of vendors define them. One of the registry is
 * read when a device first has it; a vendor's file of the same object lies over it.
 */
final class ModelFiles implements LwM2mModelProvider {
  /** Of the data directory: definitions of vendors, in the registry's XML. */
  static final String FOLDER = "lwm2m-models";

  private static final Logger LOG = LoggerFactory.getLogger(ModelFiles.class);
  private static final int LARGEST = 1 << 20;

  private final Map<Integer, Optional<ObjectModel>> registry = new ConcurrentHashMap<>();
  private final Map<Path, List<ObjectModel>> files = new TreeMap<>();
  private final Map<Path, String> refused = new TreeMap<>();
  private volatile Map<Integer, ObjectModel> vendors = Map.of();

  private final LwM2mModel model =
      new LwM2mModel() {
        @Override
        public @Nullable ResourceModel getResourceModel(int objectId, int resourceId) {
          return find(objectId).map(object -> object.resources.get(resourceId)).orElse(null);
        }

        @Override
        public @Nullable ObjectModel getObjectModel(int objectId) {
          return find(objectId).orElse(null);
        }

        @Override
        public Collection<ObjectModel> getObjectModels() {
          return vendors.values();
        }
      };

  @Override
  public LwM2mModel getObjectModel(Registration registration) {
    return model;
  }

  LwM2mModel model() {
    return model;
  }

  /** The definition of an object; empty when nobody has given one. */
  Optional<ObjectModel> find(int objectId) {
    ObjectModel vendor = vendors.get(objectId);
    return vendor == null
        ? registry.computeIfAbsent(objectId, ModelFiles::shipped)
        : Optional.of(vendor);
  }

  private static Optional<ObjectModel> shipped(int objectId) {
    String name = "objects/" + objectId + ".xml";
    try (InputStream file = ModelFiles.class.getResourceAsStream(name)) {
      return file == null
          ? Optional.empty()
          : new DDFFileParser().parse(file, name).stream().findFirst();
    } catch (IOException | InvalidDDFFileException e) {
      LOG.error("The definition {} cannot be read", name, e);
      return Optional.empty();
    }
  }

  private static Path path(File file) {
    return file.toPath().toAbsolutePath().normalize();
  }

  void install(File file) {
    String why;
    try {
      if (Files.size(file.toPath()) > LARGEST) {
        throw new InvalidDDFFileException("it is longer than 1 MiB");
      }
      take(path(file), new DDFFileParser(new DefaultDDFFileValidatorFactory()).parse(file));
      return;
    } catch (IOException | RuntimeException | InvalidDDFFileException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      why = String.valueOf(cause.getMessage());
    }
    synchronized (this) {
      refused.put(path(file), why);
    }
    LOG.warn(
        "{}/{} is refused: {}; accepted is an object definition of the OMA registry's form (LWM2M"
            + " XML)",
        FOLDER,
        file.getName(),
        why);
  }

  private synchronized void take(Path file, List<ObjectModel> objects) {
    refused.remove(file);
    files.put(file, objects);
    publish();
    LOG.info(
        "{}/{}: objects {}",
        FOLDER,
        file.getFileName(),
        objects.stream().map(object -> object.id).toList());
  }

  private void publish() {
    Map<Integer, ObjectModel> all = new TreeMap<>();
    files.values().forEach(objects -> objects.forEach(object -> all.put(object.id, object)));
    vendors = Map.copyOf(all);
  }

  void update(File file) {
    install(file);
  }

  synchronized void uninstall(File file) {
    refused.remove(path(file));
    if (files.remove(path(file)) != null) {
      publish();
    }
  }

  /** Files that are refused, with why. */
  synchronized List<String> refused() {
    List<String> all = new ArrayList<>();
    refused.forEach((file, why) -> all.add(FOLDER + "/" + file.getFileName() + ": " + why));
    return all;
  }
}
