package io.patchbay.northbound.rest;

import io.patchbay.operation.Metrics.Sample;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The basics of the Java virtual machine. */
final class Jvm {
  private Jvm() {}

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    samples.add(
        Sample.gauge(
            "jvm_memory_used_bytes",
            "Memory in use.",
            Map.of("area", "heap"),
            (double) heap.getUsed()));
    samples.add(
        Sample.gauge(
            "jvm_memory_used_bytes",
            "Memory in use.",
            Map.of("area", "nonheap"),
            (double) ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getUsed()));
    samples.add(
        Sample.gauge(
            "jvm_memory_max_bytes",
            "Most memory.",
            Map.of("area", "heap"),
            (double) heap.getMax()));
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      samples.add(
          Sample.gauge(
              "jvm_buffer_pool_used_bytes",
              "Memory of buffers.",
              Map.of("pool", pool.getName()),
              (double) pool.getMemoryUsed()));
    }
    samples.add(
        Sample.gauge(
            "jvm_threads_current",
            "Threads alive.",
            Map.of(),
            ManagementFactory.getThreadMXBean().getThreadCount()));
    samples.add(
        Sample.gauge(
            "jvm_classes_currently_loaded",
            "Classes loaded.",
            Map.of(),
            ManagementFactory.getClassLoadingMXBean().getLoadedClassCount()));
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      Map<String, String> labels = Map.of("gc", collector.getName());
      samples.add(
          Sample.counter(
              "jvm_gc_collections_total",
              "Garbage collections.",
              labels,
              (double) Math.max(0, collector.getCollectionCount())));
      samples.add(
          Sample.counter(
              "jvm_gc_collection_seconds_total",
              "Time spent in garbage collections.",
              labels,
              Math.max(0, collector.getCollectionTime()) / 1e3));
    }
    var runtime = ManagementFactory.getRuntimeMXBean();
    samples.add(
        Sample.gauge(
            "process_start_time_seconds",
            "Start of the process, in seconds since 1970.",
            Map.of(),
            runtime.getStartTime() / 1e3));
    samples.add(
        Sample.gauge(
            "system_load_average_1m",
            "Load of the machine.",
            Map.of(),
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    return samples;
  }
}
