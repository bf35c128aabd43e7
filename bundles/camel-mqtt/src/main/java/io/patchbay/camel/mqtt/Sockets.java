package io.patchbay.camel.mqtt;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import javax.net.SocketFactory;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.security.SSLSocketFactoryFactory;
import org.eclipse.paho.mqttv5.common.MqttException;

/** Opens the socket to a broker as Paho's options say. */
final class Sockets {
  private static final int PLAIN_PORT = 1883;
  private static final int TLS_PORT = 8883;

  private Sockets() {}

  /**
   * Connects; with TLS, shakes hands.
   *
   * @param opening told of the socket before anything waits for it, so that it can be closed
   * @throws IOException saying why not
   */
  static Socket connect(URI uri, MqttConnectionOptions options, Consumer<Socket> opening)
      throws IOException {
    boolean secure = "ssl".equalsIgnoreCase(uri.getScheme());
    if (uri.getHost() == null || !(secure || "tcp".equalsIgnoreCase(uri.getScheme()))) {
      throw new IOException(
          "the broker's address '"
              + uri
              + "' is not understood; accepted: tcp://host:port,"
              + " ssl://host:port");
    }
    int port = uri.getPort() > 0 ? uri.getPort() : secure ? TLS_PORT : PLAIN_PORT;
    int patience = options.getConnectionTimeout() * 1_000;
    SocketFactory factory = options.getSocketFactory();
    Socket socket =
        factory == null || factory instanceof SSLSocketFactory
            ? new Socket()
            : factory.createSocket();
    opening.accept(socket);
    socket.connect(new InetSocketAddress(uri.getHost(), port), patience);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(patience);
    return secure ? secured(socket, uri.getHost(), port, options) : socket;
  }

  private static Socket secured(Socket plain, String host, int port, MqttConnectionOptions options)
      throws IOException {
    SSLSocket socket = (SSLSocket) factory(options).createSocket(plain, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    if (host.matches(".*[A-Za-z].*") && host.indexOf(':') < 0) {
      parameters.setServerNames(List.of(new SNIHostName(host)));
    }
    if (options.isHttpsHostnameVerificationEnabled()) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    HostnameVerifier verifier = options.getSSLHostnameVerifier();
    if (verifier != null
        && !options.isHttpsHostnameVerificationEnabled()
        && !verifier.verify(host, socket.getSession())) {
      socket.close();
      throw new SSLPeerUnverifiedException("the broker's certificate is not for '" + host + "'");
    }
    return socket;
  }

  private static SSLSocketFactory factory(MqttConnectionOptions options) throws IOException {
    if (options.getSocketFactory() instanceof SSLSocketFactory given) {
      return given;
    } else if (options.getSSLProperties() == null) {
      return (SSLSocketFactory) SSLSocketFactory.getDefault();
    }
    try {
      SSLSocketFactoryFactory made = new SSLSocketFactoryFactory();
      made.initialize(options.getSSLProperties(), null);
      return made.createSocketFactory(null);
    } catch (MqttException | IllegalArgumentException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }
}
