package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bundles in {@code components/} of the distribution: installed and started while a route names
 * a component they bring, or a bundle requires one. Nothing is read before the first name that
 * nobody else brings.
 */
final class Shelf {
  /** The capability that says which components a bundle brings. */
  static final String CAPABILITY = "camel.component";

  private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);
  private static final Pattern COMPONENT =
      Pattern.compile("camel\\.component\\s*;\\s*camel\\.component\\s*=\\s*\"?([^\",;\\s]+)");
  private static final Pattern FILTER = Pattern.compile("\\(camel\\.component=([^()*]+)\\)");
  private static final String LOCATION = "reference:";

  /** As start-levels.properties has it for libraries: routes stop before what they run on. */
  private static final int LIBRARIES = 10;

  /** A jar and whose it is. */
  private record Item(Path jar, String symbolicName) {}

  private final BundleContext context;
  private final Replacement replacement;
  private final Optional<Path> folder;

  /** Why something on the shelf does not run, by symbolic name. */
  private final Map<String, String> problems = new ConcurrentHashMap<>();

  /** By the components they bring; read once, because what ships does not change. */
  private volatile Optional<Map<String, Item>> items = Optional.empty();

  private volatile Set<String> wanted = Set.of();

  /**
   * @param folder {@code components/} of the distribution, when known
   */
  Shelf(BundleContext context, Replacement replacement, Optional<Path> folder) {
    this.context = context;
    this.replacement = replacement;
    this.folder = folder;
  }

  /** Those that ship and are not there yet; on any thread. */
  Set<String> want(Set<String> components) {
    wanted = Set.copyOf(components);
    Set<String> coming = new TreeSet<>();
    Map<String, Bundle> offered = offered();
    for (String component : wanted) {
      missing(component, Optional.ofNullable(offered.get(component)))
          .filter(item -> !problems.containsKey(item.symbolicName()))
          .ifPresent(item -> coming.add(component));
    }
    return coming;
  }

  /**
   * Brings what a jar requires before that is tried; on the deployer's thread. What nobody needs
   * after all goes when things are settled.
   *
   * @param stopped whether somebody stopped the bundle of a symbolic name for good
   */
  void lend(Path jar, Predicate<String> stopped) throws IOException {
    Set<String> required = required(jar);
    if (!required.isEmpty()) {
      bring(required, stopped, new HashSet<>());
    }
  }

  /**
   * Brings what runs to what is wanted; on the deployer's thread.
   *
   * @param stopped whether somebody stopped the bundle of a symbolic name for good
   */
  void settle(Predicate<String> stopped) {
    Set<Bundle> needed = new HashSet<>();
    Set<String> components = new TreeSet<>(wanted);
    for (Bundle bundle : context.getBundles()) {
      if (!onShelf(bundle) && !Trial.is(bundle) && !stopped.test(bundle.getSymbolicName())) {
        components.addAll(required(bundle));
      }
    }
    problems.keySet().retainAll(bring(components, stopped, needed));
    for (Bundle bundle : context.getBundles()) {
      if (onShelf(bundle) && Replacement.running(bundle) && !needed.contains(bundle)) {
        stop(bundle);
      }
    }
  }

  /** The symbolic names of what cannot be brought. */
  private Set<String> bring(Set<String> components, Predicate<String> stopped, Set<Bundle> needed) {
    Set<String> idle = new HashSet<>();
    for (String component : components) {
      Optional<Bundle> there = Optional.ofNullable(offered().get(component));
      there.ifPresent(needed::add);
      Optional<Item> item = missing(component, there);
      if (item.isPresent()) {
        String name = item.get().symbolicName();
        Optional<String> failure =
            stopped.test(name)
                ? Optional.of("it is stopped, though it is needed; start it")
                : start(item.get(), there, needed);
        failure.ifPresent(words -> say(name, words));
        failure.ifPresent(words -> idle.add(name));
      }
    }
    return idle;
  }

  /** The components that a bundle cannot be without. */
  private static Set<String> required(Bundle bundle) {
    Set<String> required = new TreeSet<>();
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    if (revision != null) {
      for (BundleRequirement one : revision.getDeclaredRequirements(CAPABILITY)) {
        boolean optional =
            Constants.RESOLUTION_OPTIONAL.equals(
                one.getDirectives().get(Constants.RESOLUTION_DIRECTIVE));
        if (!optional) {
          required.addAll(named(one.getDirectives().getOrDefault(Constants.FILTER_DIRECTIVE, "")));
        }
      }
    }
    return required;
  }

  /** What is to be taken from the shelf for a component; nothing when it is there already. */
  private Optional<Item> missing(String component, Optional<Bundle> there) {
    boolean runs =
        there.filter(bundle -> !onShelf(bundle) || Replacement.running(bundle)).isPresent();
    return runs ? Optional.empty() : Optional.ofNullable(items().get(component));
  }

  /** Why it does not start, in words. */
  private Optional<String> start(Item item, Optional<Bundle> there, Set<Bundle> needed) {
    try {
      Bundle bundle = there.isPresent() ? there.get() : install(item);
      needed.add(bundle);
      bundle.start(Bundle.START_ACTIVATION_POLICY);
      LOG.info("{} runs: a route or a bundle needs what it brings", item.symbolicName());
      return Optional.empty();
    } catch (BundleException | IllegalStateException e) {
      return Optional.of("it does not start, though it is needed: " + Replacement.words(e));
    }
  }

  private void say(String symbolicName, String words) {
    if (!words.equals(problems.put(symbolicName, words))) {
      LOG.warn("{}: {}", symbolicName, words);
    }
  }

  private Bundle install(Item item) throws BundleException {
    Bundle bundle = context.installBundle(LOCATION + item.jar().toUri().toASCIIString());
    bundle.adapt(BundleStartLevel.class).setStartLevel(LIBRARIES);
    return bundle;
  }

  private void stop(Bundle bundle) {
    try {
      replacement.release(bundle);
      LOG.info("{} is stopped: nobody needs what it brings", bundle.getSymbolicName());
    } catch (RefusedException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  Map<String, String> problems() {
    return Map.copyOf(problems);
  }

  /** Whether it was taken from the shelf, and not from the list of bundles or {@code deploy/}. */
  boolean onShelf(Bundle bundle) {
    return folder
        .map(at -> bundle.getLocation().startsWith(LOCATION + at.toUri().toASCIIString()))
        .orElse(false);
  }

  /** What installed bundles bring; what is deployed counts before what is on the shelf. */
  private Map<String, Bundle> offered() {
    Map<String, Bundle> offered = new HashMap<>();
    for (Bundle bundle : context.getBundles()) {
      BundleRevision revision = bundle.adapt(BundleRevision.class);
      if (revision == null || Trial.is(bundle)) {
        continue;
      }
      revision
          .getDeclaredCapabilities(CAPABILITY)
          .forEach(
              each ->
                  offered.merge(
                      String.valueOf(each.getAttributes().get(CAPABILITY)),
                      bundle,
                      (one, other) -> onShelf(one) ? other : one));
    }
    return offered;
  }

  private Map<String, Item> items() {
    return items.orElseGet(
        () -> {
          Map<String, Item> read = read();
          items = Optional.of(read);
          return read;
        });
  }

  private Map<String, Item> read() {
    Map<String, Item> read = new TreeMap<>();
    if (folder.isEmpty() || !Files.isDirectory(folder.get())) {
      return read;
    }
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder.get(), "*.jar")) {
      for (Path jar : jars) {
        headers(jar).forEach((component, name) -> read.putIfAbsent(component, new Item(jar, name)));
      }
    } catch (IOException e) {
      LOG.error("{} cannot be read: {}; unpack the distribution again", folder.get(), e.toString());
    }
    return read;
  }

  /** The components that a jar says it requires. */
  private static Set<String> required(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String header =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Constants.REQUIRE_CAPABILITY);
      return named(header == null ? "" : header);
    }
  }

  /** The components that filters name. */
  private static Set<String> named(String filters) {
    Set<String> named = new TreeSet<>();
    for (Matcher each = FILTER.matcher(filters); each.find(); ) {
      named.add(each.group(1).strip());
    }
    return named;
  }

  /** The components that a jar brings, each with the symbolic name of the jar. */
  private static Map<String, String> headers(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      Map<String, String> brings = new LinkedHashMap<>();
      if (manifest == null) {
        return brings;
      }
      String name = manifest.getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME);
      String offers = manifest.getMainAttributes().getValue(Constants.PROVIDE_CAPABILITY);
      Matcher matcher = COMPONENT.matcher(name == null || offers == null ? "" : offers);
      while (matcher.find()) {
        brings.put(matcher.group(1), String.valueOf(name).split(";", 2)[0].trim());
      }
      return brings;
    }
  }
}
