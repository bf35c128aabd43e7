package io.patchbay.core;

import io.patchbay.core.Passage.Kind;
import io.patchbay.core.Passage.Taken;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Recorded;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way up: from a frame to the log, the twin and whoever listens. */
final class UplinkPipeline implements UplinkPort {
  private static final Logger LOG = LoggerFactory.getLogger(UplinkPipeline.class);
  private static final Duration RETRY_AFTER = Duration.ofMillis(200);
  private static final int KEPT_BYTES = 64 * 1024;

  private final Identification identification;
  private final Interpreter interpreter;
  private final Directory directory;
  private final Sessions sessions;
  private final JournalLine journal;
  private final ThingStore store;
  private final Presences presences;
  private final Feeds feeds;
  private final Tally tally;
  private final Consumer<Device> newcomers;

  /**
   * @param newcomers told of each device that onboarding has put into the directory
   */
  UplinkPipeline(
      Identification identification,
      Interpreter interpreter,
      Directory directory,
      Sessions sessions,
      JournalLine journal,
      ThingStore store,
      Presences presences,
      Feeds feeds,
      Tally tally,
      Consumer<Device> newcomers) {
    this.identification = identification;
    this.interpreter = interpreter;
    this.directory = directory;
    this.sessions = sessions;
    this.journal = journal;
    this.store = store;
    this.presences = presences;
    this.feeds = feeds;
    this.tally = tally;
    this.newcomers = newcomers;
  }

  @Override
  public CompletionStage<Receipt> offer(Frame frame, Duration patience) {
    return take(frame, patience, Kind.LIVE, Set.of()).thenApply(Taken::receipt);
  }

  /** The pipeline: identify, admit, decode, conform, journal, remember, fan out. */
  CompletionStage<Taken> take(Frame frame, Duration patience, Kind kind, Set<Long> released) {
    if (!identification.speaks(frame.origin().scheme())) {
      return notYet(sessions.of(frame.origin()), patience);
    }
    List<Division> divisions = identification.divisions(frame.origin());
    return divisions.isEmpty() || frame.target().isPresent()
        ? whole(frame, patience, kind, released)
        : divided(frame, divisions, patience, kind, released);
  }

  /**
   * A frame that tells of several things: one after the other, the whole first if somebody reads
   * that, too. What is kept of it is the part, and a repetition repeats its parts.
   */
  private CompletionStage<Taken> divided(
      Frame frame, List<Division> divisions, Duration patience, Kind kind, Set<Long> released) {
    List<Frame> parts = new ArrayList<>();
    try {
      interpreter.fits(frame);
      if (identification.readsWhole(frame)) {
        parts.add(frame);
      }
      for (Division division : divisions) {
        parts.addAll(division.divide(frame));
      }
    } catch (DecodeException e) {
      return journal(
          new Passage(frame, kind, released, sessions.of(frame.origin()), () -> Draft.rejected(e)),
          patience,
          this::rememberAndFanOut);
    }
    if (parts.isEmpty()) {
      return journal(
          new Passage(frame, kind, released, sessions.of(frame.origin()), () -> Draft.NOTHING),
          patience,
          this::rememberAndFanOut);
    }
    CompletionStage<Taken> all = null;
    for (Frame part : parts) {
      CompletionStage<Taken> next = whole(part, patience, kind, released);
      all = all == null ? next : all.thenCombine(next, UplinkPipeline::together);
    }
    return java.util.Objects.requireNonNull(all);
  }

  private static Taken together(Taken one, Taken other) {
    List<Uplink> uplinks = new ArrayList<>(one.uplinks());
    uplinks.addAll(other.uplinks());
    return new Taken(worse(one.receipt(), other.receipt()), uplinks);
  }

  private CompletionStage<Taken> whole(
      Frame frame, Duration patience, Kind kind, Set<Long> released) {
    Passage passage =
        new Passage(
            frame,
            kind,
            released,
            sessions.of(frame.origin()),
            () ->
                rescue(
                    frame,
                    problems -> {
                      interpreter.fits(frame);
                      Source source = identification.identify(frame);
                      if (!interpreter.admitted(source) && kind != Kind.RELEASED) {
                        return Draft.held(source);
                      }
                      return interpreter.interpret(source, frame, problems);
                    }));
    return journal(passage, patience, this::rememberAndFanOut);
  }

  /**
   * What one thing answered to one question, in one passage and one entry of the journal; frame by
   * frame when anything is to be said of one of them.
   */
  CompletionStage<Taken> take(List<Frame> frames, Duration patience) {
    Optional<Draft> together = frames.size() > 1 ? together(frames) : Optional.empty();
    if (together.isPresent()) {
      Frame last = frames.get(frames.size() - 1);
      Draft draft = together.get();
      Passage passage =
          new Passage(last, Kind.LIVE, Set.of(), sessions.of(last.origin()), () -> draft);
      passage.frames = frames.size();
      return journal(passage, patience, this::rememberAndFanOut);
    }
    Taken nothing = new Taken(new Receipt.Stored(0, 0), List.of());
    CompletionStage<Taken> all = CompletableFuture.completedFuture(nothing);
    for (Frame frame : frames) {
      all = all.thenCombine(take(frame, patience, Kind.LIVE, Set.of()), UplinkPipeline::together);
    }
    return all;
  }

  /** Empty when one of them is not of the same thing, is not taken whole, or is recorded. */
  private Optional<Draft> together(List<Frame> frames) {
    String connection = frames.get(0).origin().connection();
    if (!identification.speaks(frames.get(0).origin().scheme())) {
      return Optional.empty();
    }
    List<Uplink> data = new ArrayList<>(frames.size());
    Source source = null;
    for (Frame frame : frames) {
      if (frame.target().isEmpty()
          || frame.delivery().isPresent()
          || frame.retained()
          || !frame.origin().connection().equals(connection)) {
        return Optional.empty();
      }
      Draft draft =
          rescue(
              frame,
              problems -> {
                interpreter.fits(frame);
                Source speaker = identification.identify(frame);
                return interpreter.admitted(speaker)
                    ? interpreter.interpret(speaker, frame, problems)
                    : Draft.held(speaker);
              });
      Source speaker = draft.source().orElse(null);
      if (speaker == null
          || speaker.newcomer()
          || draft.held()
          || draft.status().isPresent()
          || !draft.problems().isEmpty()
          || speaker.device().tape() != null
          || (source != null && !source.device().id().equals(speaker.device().id()))) {
        return Optional.empty();
      }
      source = speaker;
      data.addAll(draft.data());
    }
    return Optional.of(
        new Draft(Optional.ofNullable(source), data, Optional.empty(), List.of(), false));
  }

  /** Its protocol's bundle is being replaced: nothing can be said of it now. */
  private CompletionStage<Taken> notYet(Sessions.Session session, Duration patience) {
    return journal.append(
        () -> empty(session),
        patience,
        appended -> {
          Receipt busy = new Receipt.Busy(RETRY_AFTER);
          tally.receipt(busy, 1);
          return new Taken(busy, List.of());
        });
  }

  private Taken rememberAndFanOut(Passage passage, Appended appended) {
    Receipt receipt = receipt(passage, appended);
    if (!receipt.acknowledge()) {
      forget(passage);
    } else if (passage.repeats == null) {
      remember(passage, ((Appended.Stored) appended).first());
      record(passage);
    }
    tally.receipt(receipt, passage.frames);
    return new Taken(receipt, passage.uplinks);
  }

  @FunctionalInterface
  private interface Meaning {
    Draft of(List<DecodeException> problems) throws DecodeException;
  }

  /** Whatever a device sends, there is a draft: a route is never lost to it. */
  private static Draft rescue(Frame frame, Meaning meaning) {
    try {
      return meaning.of(new ArrayList<>(0));
    } catch (DecodeException e) {
      return Draft.rejected(e);
    } catch (RuntimeException e) {
      LOG.error("A frame from {} could not be handled", frame.origin(), e);
      return Draft.rejected(new DecodeException(Rejection.INTERNAL, "a bug; the log has it: " + e));
    }
  }

  private CompletionStage<Taken> journal(
      Passage passage, Duration patience, BiFunction<Passage, Appended, Taken> then) {
    CompletionStage<Taken> taken =
        journal.append(() -> entry(passage), patience, how -> then.apply(passage, how));
    CompletionStage<Void> saved = passage.saved;
    if (saved != null) {
      taken = taken.thenCombine(saved.handle((nothing, failure) -> failure), this::unlessUnsaved);
    }
    return passage.session.inOrder(taken, saved != null);
  }

  /** A newcomer that could not be kept is no member: its device offers again. */
  private Taken unlessUnsaved(Taken taken, @Nullable Throwable failure) {
    if (failure == null) {
      return taken;
    }
    LOG.warn("A newcomer could not be kept: {}", failure.getMessage());
    return new Taken(new Receipt.Busy(RETRY_AFTER), List.of());
  }

  /** Made when it is its turn, so that it is judged by all that came before. */
  private Entry entry(Passage passage) {
    Sessions.Session session = passage.session;
    DeliveryId delivery = passage.kind == Kind.LIVE ? passage.frame.delivery().orElse(null) : null;
    if (delivery != null) {
      Deliveries.Verdict verdict = session.deliveries().judge(delivery);
      if (verdict.repetition()) {
        passage.repeats = verdict.seen();
        return empty(session);
      }
      passage.seen = verdict.seen();
    }
    settleMembership(passage);
    Draft draft = passage.draft;
    if (draft.rejected() && passage.kind == Kind.REPLAYED) {
      return empty(session);
    }
    passage.uplinks = settle(passage);
    Source source = draft.source().orElse(null);
    boolean kept = source == null || source.profile().profile().journal();
    return new Entry(
        session.name(),
        delivery == null ? "" : delivery.value(),
        source == null ? "" : source.profile().reference(),
        kept ? passage.uplinks : List.of(),
        keep(passage),
        passage.released);
  }

  private static Entry empty(Sessions.Session session) {
    return new Entry(session.name(), "", "", List.of(), Optional.empty(), Set.of());
  }

  /** Between its interpretation and its turn a newcomer may have become a member. */
  private void settleMembership(Passage passage) {
    Source source = passage.draft.source().orElse(null);
    if (source == null) {
      return;
    } else if (source.newcomer()) {
      Device device = source.device();
      if (directory.add(device)) {
        passage.saved = save(device);
        newcomers.accept(device);
      } else {
        passage.draft = passage.meaning.get();
      }
    } else if (passage.draft.held() && passage.kind == Kind.LIVE) {
      passage.draft = passage.meaning.get();
    }
  }

  private CompletionStage<Void> save(Device device) {
    CompletionStage<Void> saved;
    try {
      saved = store.save(device.registered());
    } catch (RuntimeException e) {
      saved = CompletableFuture.failedFuture(e);
    }
    return saved.whenComplete(
        (nothing, failure) -> {
          if (failure != null) {
            directory.remove(device.id());
            newcomers.accept(device);
          }
        });
  }

  /** What of the draft goes into the log, by what is known of the thing at this place. */
  private List<Uplink> settle(Passage passage) {
    Source source = passage.draft.source().orElse(null);
    if (source == null) {
      return List.of();
    }
    Device device = source.device();
    List<Uplink> uplinks = new ArrayList<>(passage.draft.data().size() + 1);
    if (!device.announced()) {
      device.announced(true);
      passage.announces = true;
      uplinks.add(
          new Uplink.Discovered(
              device.thing(),
              Times.millis(passage.frame.received()),
              Times.millis(passage.frame.received())));
    }
    presences.change(passage, device).ifPresent(uplinks::add);
    Map<String, Gate> gates = source.profile().gates();
    for (Uplink uplink : passage.draft.data()) {
      if (!gates.isEmpty() && heldBack(gates, device, uplink)) {
        continue;
      }
      if (!passage.frame.retained()) {
        if (uplink instanceof Uplink.Reading reading) {
          device.expectReading(reading.property());
        }
        uplinks.add(uplink);
      } else if (uplink instanceof Uplink.Reading reading && !device.hasHeard(reading.property())) {
        device.expectReading(reading.property());
        uplinks.add(reading.withQuality(io.patchbay.thing.Quality.STALE));
      } else {
        tally.retainedIgnored();
      }
    }
    return uplinks;
  }

  private boolean heldBack(Map<String, Gate> gates, Device device, Uplink uplink) {
    Gate gate = uplink instanceof Uplink.Reading reading ? gates.get(reading.property()) : null;
    if (gate == null || !(uplink instanceof Uplink.Reading reading)) {
      return false;
    }
    Optional<Gate.Reason> reason = gate.holdsBack(device.lastPassed(reading.property()), reading);
    reason.ifPresentOrElse(tally::heldBack, () -> device.expectPassed(reading));
    return reason.isPresent();
  }

  private static Optional<KeptFrame> keep(Passage passage) {
    Draft draft = passage.draft;
    if (draft.held()) {
      return Optional.of(
          new KeptFrame(
              0,
              KeptFrame.Kind.HELD,
              "",
              "",
              draft.source().map(source -> source.device().id()),
              passage.frame,
              false));
    } else if (draft.problems().isEmpty()) {
      return Optional.empty();
    }
    Frame frame = passage.frame;
    Bytes payload =
        passage.decoded.isEmpty() ? frame.payload() : Bytes.utf8(passage.decoded.toString());
    boolean cut = payload.length() > KEPT_BYTES;
    Frame kept =
        new Frame(
            frame.origin(),
            frame.target(),
            payload.first(KEPT_BYTES),
            frame.mediaType(),
            frame.received(),
            frame.time(),
            frame.delivery(),
            frame.retained());
    return Optional.of(
        new KeptFrame(
            0,
            KeptFrame.Kind.REJECTED,
            draft.reason().name(),
            draft.detail(),
            draft.source().map(source -> source.device().id()),
            kept,
            cut || frame.mediaType().equals(DECODED)));
  }

  private static Receipt receipt(Passage passage, Appended appended) {
    Deliveries.Seen repeats = passage.repeats;
    if (appended instanceof Appended.Refused refused) {
      return new Receipt.Busy(refused.retryAfter());
    } else if (repeats != null) {
      return repeats.lost() ? new Receipt.Busy(RETRY_AFTER) : new Receipt.Stored(1, 0);
    }
    Draft draft = passage.draft;
    if (draft.held()) {
      return new Receipt.Held(draft.source().orElseThrow().device().id());
    }
    return draft.rejected()
        ? new Receipt.Rejected(draft.reason(), draft.detail())
        : new Receipt.Stored(0, draft.problems().size());
  }

  /** Twin and live receivers, in the order of the log. */
  private void remember(Passage passage, long first) {
    Draft draft = passage.draft;
    if (!draft.problems().isEmpty() && passage.kind == Kind.LIVE) {
      tally.rejected(draft.reason());
    }
    Source source = draft.source().orElse(null);
    if (source == null) {
      return;
    }
    boolean kept = source.profile().profile().journal();
    String reference = source.profile().reference();
    long sequence = kept ? first : 0;
    tally.uplinks(passage.uplinks.size(), kept);
    for (Uplink uplink : passage.uplinks) {
      Recorded recorded = new Recorded(sequence, reference, uplink);
      sequence += kept ? 1 : 0;
      source.device().remember(recorded);
      feeds.publish(recorded);
    }
  }

  private static void record(Passage passage) {
    Source source = passage.draft.source().orElse(null);
    Tapes.Tape tape = source == null ? null : source.device().tape();
    // one that waits for its thing's admission is recorded when it is released
    if (tape != null && !passage.draft.held() && !passage.frame.mediaType().equals(DECODED)) {
      tape.add(passage);
    }
  }

  /** The journal has nothing of it: what was expected of it is not. */
  private static void forget(Passage passage) {
    Deliveries.Seen seen = passage.seen;
    if (seen != null) {
      passage.session.deliveries().forget(seen);
    }
    if (passage.repeats == null) {
      passage
          .draft
          .source()
          .ifPresent(
              source -> {
                source.device().expectNothing();
                if (passage.announces) {
                  source.device().announced(false);
                }
              });
    }
    passage.uplinks = List.of();
  }

  /** Media type of what is kept of uplinks that a binding decoded itself: it cannot be replayed. */
  private static final String DECODED = "text/x-patchbay-uplinks";

  private static final Bytes NO_PAYLOAD = Bytes.utf8("");

  @Override
  public CompletionStage<Receipt> offer(Origin origin, List<Uplink> uplinks, Duration patience) {
    Map<ThingId, List<Uplink>> things = new LinkedHashMap<>();
    uplinks.forEach(
        uplink -> things.computeIfAbsent(uplink.thing(), id -> new ArrayList<>()).add(uplink));
    CompletionStage<Receipt> worst = CompletableFuture.completedFuture(new Receipt.Stored(0, 0));
    for (List<Uplink> ofThing : things.values()) {
      worst = worst.thenCombine(take(origin, ofThing, patience), UplinkPipeline::worse);
    }
    return worst;
  }

  private static Receipt worse(Receipt one, Receipt other) {
    if (one instanceof Receipt.Stored a && other instanceof Receipt.Stored b) {
      return new Receipt.Stored(
          Math.max(a.duplicates(), b.duplicates()), a.rejected() + b.rejected());
    } else if (other instanceof Receipt.Busy || one instanceof Receipt.Stored) {
      return other;
    }
    return one;
  }

  /** The same pipeline for what a binding has decoded: nothing is decoded, all else is done. */
  private CompletionStage<Receipt> take(Origin origin, List<Uplink> uplinks, Duration patience) {
    Uplink first = uplinks.get(0);
    Frame frame =
        new Frame(
            origin,
            Optional.empty(),
            NO_PAYLOAD,
            DECODED,
            first.received(),
            Optional.empty(),
            Optional.empty(),
            false);
    Passage passage =
        new Passage(
            frame,
            Kind.LIVE,
            Set.of(),
            sessions.of(origin),
            () ->
                rescue(
                    frame,
                    problems -> {
                      Source source = identification.identify(first.thing(), uplinks);
                      boolean more =
                          uplinks.stream().anyMatch(up -> !(up instanceof Uplink.Discovered));
                      if (!interpreter.admitted(source) && more) {
                        problems.add(
                            new DecodeException(
                                Rejection.NOT_ADMITTED,
                                "thing '" + first.thing() + "' waits for its admission"));
                        return new Draft(
                            Optional.of(source), List.of(), Optional.empty(), problems, false);
                      }
                      return interpreter.check(source, uplinks, problems);
                    }));
    passage.decoded = uplinks;
    return journal(passage, patience, this::rememberAndFanOut).thenApply(Taken::receipt);
  }

  @Override
  public CompletionStage<Receipt> presence(
      String scheme, String connection, Status status, String detail) {
    return presences.of(scheme, connection, status, detail);
  }
}
