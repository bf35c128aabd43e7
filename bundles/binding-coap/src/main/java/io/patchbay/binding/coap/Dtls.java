package io.patchbay.binding.coap;

import io.patchbay.coap.CoapThread;
import io.patchbay.dtls.Certificates;
import io.patchbay.dtls.Handshakes;
import io.patchbay.dtls.Sessions;
import io.patchbay.dtls.Shown;
import io.patchbay.dtls.Trust;
import io.patchbay.operation.Metrics.Sample;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.PskStore;
import org.eclipse.californium.scandium.dtls.x509.CertificateProvider;
import org.jspecify.annotations.Nullable;

/**
 * DTLS 1.2 with devices that come and with devices that are asked. A session whose credential is
 * gone or another now is closed within a second; what it asks until then is refused.
 */
final class Dtls {
  /** Octets of the connection id that lets a device change its address (RFC 9146). */
  private static final int CONNECTION_ID = 6;

  /** Sessions; when full, one that was silent for {@link #SILENT_SECONDS} makes room for a new. */
  private static final int SESSIONS = 20_000;

  private static final int SILENT_SECONDS = 300;

  /** A device that is asked has 14 s for a handshake: a command waits for it. */
  private static final int ASKED_AGAIN = 2;

  /** Records that wait; one more is dropped, and comes again. */
  private static final int WAITING = 4_096;

  private final Configuration configuration;
  private final Keys keys;
  private final Trust trust;
  private final @Nullable CertificateProvider own;
  private final Handshakes coming;
  private final List<DTLSConnector> open = new CopyOnWriteArrayList<>();
  private final ProtocolScheduledExecutorService thread;

  private final Sessions sessions = new Sessions(open);
  private Map<String, String> known;

  /**
   * @param own the hub's certificate; null when it has none, and keys in common are all that counts
   */
  Dtls(Configuration configuration, Keys keys, Trust trust, @Nullable CertificateProvider own) {
    this.configuration = configuration;
    this.keys = keys;
    this.trust = trust;
    this.own = own;
    configuration
        .set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, CONNECTION_ID)
        .set(DtlsConfig.DTLS_UPDATE_ADDRESS_USING_CID_ON_NEWER_RECORDS, true)
        .set(DtlsConfig.DTLS_USE_HELLO_VERIFY_REQUEST, true)
        .set(DtlsConfig.DTLS_SERVER_USE_SESSION_ID, false) // one that was ended is not resumed
        .set(DtlsConfig.DTLS_MAX_CONNECTIONS, SESSIONS)
        .set(DtlsConfig.DTLS_STALE_CONNECTION_THRESHOLD, SILENT_SECONDS, TimeUnit.SECONDS)
        .set(DtlsConfig.DTLS_MAX_PENDING_INBOUND_JOBS, WAITING)
        .set(DtlsConfig.DTLS_MAX_PENDING_OUTBOUND_JOBS, WAITING)
        .set(DtlsConfig.DTLS_MAC_ERROR_FILTER_QUIET_TIME, 4, TimeUnit.SECONDS)
        .set(DtlsConfig.DTLS_MAC_ERROR_FILTER_THRESHOLD, 8)
        .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
    coming = new Handshakes("patchbay_coap", configuration);
    known = keys.all();
    thread = CoapThread.named("patchbay-coap-dtls");
  }

  /** Whether anybody could come. */
  boolean expected() {
    return keys.any() || certified();
  }

  private boolean certified() {
    return own != null && !trust.now().authorities().isEmpty();
  }

  /** For those who come. */
  DTLSConnector server(InetSocketAddress address) {
    return connector(address, DtlsRole.SERVER_ONLY, keys.coming(), coming);
  }

  /** For those who are asked. */
  DTLSConnector client(InetSocketAddress address) {
    return connector(
        address,
        DtlsRole.CLIENT_ONLY,
        keys.going(),
        new Handshakes("patchbay_coap", configuration));
  }

  private DTLSConnector connector(
      InetSocketAddress address, DtlsRole role, PskStore shared, Handshakes watch) {
    DtlsConnectorConfig.Builder builder =
        DtlsConnectorConfig.builder(new Configuration(configuration))
            .set(DtlsConfig.DTLS_ROLE, role)
            .setAddress(address)
            .setPskStore(shared)
            .setDatagramFilter(watch)
            .setHealthHandler(watch)
            .setApplicationLevelInfoSupplier(Shown.WITH_SESSION);
    if (role == DtlsRole.CLIENT_ONLY) {
      builder.set(DtlsConfig.DTLS_MAX_RETRANSMISSIONS, ASKED_AGAIN);
    }
    if (own != null) {
      builder
          .setCertificateIdentityProvider(own)
          .setCertificateVerifier(new Certificates(trust, keys::owner));
    }
    DTLSConnector connector = new DTLSConnector(builder.build());
    connector.setExecutor(thread);
    open.add(connector);
    return connector;
  }

  /** Whether the hub has something to show to a device that it asks. */
  boolean reaches(InetSocketAddress device) {
    return keys.reaches(device) || certified();
  }

  /** It did not answer: it may have forgotten the session, and the next request begins another. */
  void close(InetSocketAddress device) {
    for (DTLSConnector connector : open) {
      if (connector.isRunning() && connector.getDtlsContextByAddress(device) != null) {
        connector.close(device);
      }
    }
  }

  /** To be called every second. */
  void look() {
    sessions.forget();
    coming.relieve(open);
    Map<String, String> now = keys.all();
    boolean changed = trust.look() || !now.equals(known);
    // a key may have come, been used and gone between two looks
    changed |= keys.used();
    known = now;
    if (changed) {
      sessions.endFallen();
    }
  }

  /** Ends the sessions of somebody: what he may do is another now. */
  void end(String identity) {
    sessions.end(identity);
  }

  List<Sample> samples() {
    open.forEach(DTLSConnector::updateHealth);
    return coming.samples();
  }

  /** Sessions with those who came. */
  int sessions() {
    open.forEach(DTLSConnector::updateHealth);
    return coming.sessions();
  }

  /** What is wrong, for a person; empty when all is well. */
  String trouble() {
    return trust.trouble();
  }

  void close() throws InterruptedException {
    open.clear();
    thread.shutdownNow();
    boolean unused = thread.awaitTermination(5, TimeUnit.SECONDS);
  }
}
