package io.patchbay.serial;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** A serial port behind a server that passes octets on as they are (ser2net, in raw mode). */
final class ServerPort implements Port {
  private static final int CONNECT_MILLIS = 5_000;

  private final Socket socket = new Socket();
  private final LineAddress address;

  ServerPort(LineAddress address) throws IOException {
    this.address = address;
    try {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.setSoTimeout(READ_MILLIS);
      socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_MILLIS);
    } catch (IOException e) {
      close();
      throw new IOException(address + " cannot be connected: " + e.getMessage(), e);
    }
  }

  @Override
  public int read(byte[] into) throws IOException {
    try {
      int count = socket.getInputStream().read(into);
      if (count < 0) {
        throw new IOException(address + " has closed the connection");
      }
      return count;
    } catch (SocketTimeoutException e) {
      return 0;
    }
  }

  @Override
  public void write(byte[] octets) throws IOException {
    socket.getOutputStream().write(octets);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed all the same
    }
  }
}
