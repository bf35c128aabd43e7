package io.patchbay.camel.mqtt;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes the sockets of one link. Paho reads headers byte by byte: a buffered input spares it the
 * system calls. (TLS sockets hold a whole record already.)
 */
final class BufferedSockets extends SocketFactory {
  private static final int BUFFER = 1 << 16;

  private final List<Socket> made = new CopyOnWriteArrayList<>();

  /** Closes what was made; never fails. */
  void close() {
    for (Socket socket : made) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is closed either way
      }
    }
  }

  private <S extends Socket> S remember(S socket) {
    made.add(socket);
    return socket;
  }

  @Override
  public Socket createSocket() throws IOException {
    Socket socket = remember(new BufferedSocket());
    socket.setTcpNoDelay(true);
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw new UnsupportedOperationException("Paho connects by itself");
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("Paho connects by itself");
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw new UnsupportedOperationException("Paho connects by itself");
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException("Paho connects by itself");
  }

  private static final class BufferedSocket extends Socket {
    private InputStream input = InputStream.nullInputStream();
    private boolean opened;

    @Override
    public synchronized InputStream getInputStream() throws IOException {
      if (!opened) {
        input = new BufferedInputStream(super.getInputStream(), BUFFER);
        opened = true;
      }
      return input;
    }
  }

  /** TLS sockets of {@code secure}, remembered here. */
  SSLSocketFactory over(SSLSocketFactory secure) {
    return new SSLSocketFactory() {
      @Override
      public Socket createSocket() throws IOException {
        return remember(secure.createSocket());
      }

      @Override
      public Socket createSocket(Socket socket, String host, int port, boolean close)
          throws IOException {
        return remember(secure.createSocket(socket, host, port, close));
      }

      @Override
      public Socket createSocket(String host, int port) throws IOException {
        return remember(secure.createSocket(host, port));
      }

      @Override
      public Socket createSocket(String host, int port, InetAddress local, int localPort)
          throws IOException {
        return remember(secure.createSocket(host, port, local, localPort));
      }

      @Override
      public Socket createSocket(InetAddress host, int port) throws IOException {
        return remember(secure.createSocket(host, port));
      }

      @Override
      public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
          throws IOException {
        return remember(secure.createSocket(host, port, local, localPort));
      }

      @Override
      public String[] getDefaultCipherSuites() {
        return secure.getDefaultCipherSuites();
      }

      @Override
      public String[] getSupportedCipherSuites() {
        return secure.getSupportedCipherSuites();
      }
    };
  }
}
