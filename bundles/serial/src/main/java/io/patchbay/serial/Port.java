package io.patchbay.serial;

import java.io.IOException;

/** An open port; read by one thread, written by another. */
interface Port extends AutoCloseable {
  /** How long a read waits for the first octet, about. */
  int READ_MILLIS = 100;

  /**
   * Waits a moment for octets.
   *
   * @return how many came; 0 for none yet
   * @throws IOException when the port is gone
   */
  int read(byte[] into) throws IOException;

  /**
   * @throws IOException when the port is gone
   */
  void write(byte[] octets) throws IOException;

  @Override
  void close();

  /**
   * @throws IOException saying why it cannot be opened
   */
  static Port open(LineAddress address) throws IOException {
    return address.remote() ? new ServerPort(address) : new DevicePort(address);
  }
}
