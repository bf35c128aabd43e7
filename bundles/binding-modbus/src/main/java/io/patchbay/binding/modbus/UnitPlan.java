package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.Models.Model;
import io.patchbay.binding.modbus.Models.Which;
import io.patchbay.binding.modbus.Reading.Asked;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one poll wants of one unit, with what follows from it: laid out once, and again only when
 * the device's models or what was learnt of it change.
 */
final class UnitPlan {
  /**
   * Points where they are on this device.
   *
   * @param missing why points are not among them
   */
  record Laid(
      @Nullable Models models,
      Unit unit,
      List<Point> points,
      Set<Span> spans,
      Optional<String> missing) {}

  private record Requests(Laid laid, int learnt, List<Asked> all) {}

  private final List<Point> points;
  private final Limits limits;
  private final boolean modelled;
  private volatile @Nullable Laid laid;
  private volatile @Nullable Requests requests;

  UnitPlan(List<Point> points) {
    this.points = List.copyOf(points);
    limits = strictest(points);
    modelled = points.stream().anyMatch(point -> point.form().model().isPresent());
  }

  List<Point> points() {
    return points;
  }

  Limits limits() {
    return limits;
  }

  /** Whether the device must be asked where its models are. */
  boolean modelled() {
    return modelled;
  }

  /** Forms of one device say the same of it; where they do not, what is safe for all. */
  private static Limits strictest(List<Point> points) {
    Limits first = points.get(0).form().limits();
    int span = first.span();
    int gap = first.gap();
    int inFlight = first.inFlight();
    Set<Limits.Range> forbidden = new LinkedHashSet<>(first.forbidden());
    for (Point point : points) {
      Limits next = point.form().limits();
      span = span == 0 ? next.span() : next.span() == 0 ? span : Math.min(span, next.span());
      gap = gap < 0 ? next.gap() : next.gap() < 0 ? gap : Math.min(gap, next.gap());
      inFlight = Math.max(inFlight, next.inFlight());
      forbidden.addAll(next.forbidden());
    }
    return new Limits(span, gap, List.copyOf(forbidden), inFlight);
  }

  /**
   * @param models of the device, for points that are in one
   */
  Laid laid(Unit unit, @Nullable Models models) {
    Laid known = laid;
    if (known != null && known.unit() == unit && Objects.equals(known.models(), models)) {
      return known;
    }
    List<Point> there = new ArrayList<>();
    Set<Span> spans = new LinkedHashSet<>();
    Optional<String> missing = Optional.empty();
    for (Point point : points) {
      Which which = point.form().model().orElse(null);
      Point placed = point;
      if (which != null && models != null) {
        Model model = models.find(which).orElse(null);
        if (model == null || model.length() < reach(point.form())) {
          missing =
              missing.or(
                  () ->
                      Optional.of(
                          model == null
                              ? "the device has no " + which
                              : "its " + which + " has only " + model.length() + " registers"));
          continue;
        }
        placed = point.behind(model.address());
      }
      there.add(placed);
      spans.addAll(placed.spans());
    }
    Laid made = new Laid(models, unit, there, spans, missing);
    laid = made;
    return made;
  }

  /** The first register of a model behind a point and its factor. */
  private static int reach(PointForm form) {
    return Math.max(form.span().end(), form.factorSpan().map(Span::end).orElse(0));
  }

  /** The requests for all of it. */
  List<Asked> asked(Laid laid) {
    Unit unit = laid.unit();
    int learnt = unit.learnt().version();
    Requests known = requests;
    if (known != null && known.laid().equals(laid) && known.learnt() == learnt) {
      return known.all();
    }
    List<Asked> made =
        Planner.plan(laid.spans(), limits, unit.bus().usualGap(), unit.learnt()).stream()
            .map(Asked::of)
            .toList();
    requests = new Requests(laid, learnt, made);
    return made;
  }
}
