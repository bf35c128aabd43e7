package io.patchbay.serial;

import com.fazecast.jSerialComm.SerialPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A serial port of this machine. No listener of jSerialComm is used: its thread spins when the
 * adapter is unplugged, while a read simply fails.
 */
final class DevicePort implements Port {
  private final SerialPort port;
  private final LineAddress address;

  DevicePort(LineAddress address) throws IOException {
    this.address = address;
    // a port that is not there is no matter for the native library, which would look at all others
    if (address.device().startsWith("/") && !Files.exists(Path.of(address.device()))) {
      throw new IOException(address.device() + " is not there; is the adapter plugged in?");
    }
    try {
      port = SerialPort.getCommPort(address.device());
    } catch (RuntimeException e) {
      throw new IOException(address.device() + " is no serial port: " + e.getMessage(), e);
    }
    int parity =
        switch (address.parity()) {
          case NONE -> SerialPort.NO_PARITY;
          case EVEN -> SerialPort.EVEN_PARITY;
          case ODD -> SerialPort.ODD_PARITY;
          case MARK -> SerialPort.MARK_PARITY;
          case SPACE -> SerialPort.SPACE_PARITY;
        };
    int stop = address.stopBits() == 2 ? SerialPort.TWO_STOP_BITS : SerialPort.ONE_STOP_BIT;
    port.setComPortParameters(address.baud(), address.dataBits(), stop, parity);
    port.setComPortTimeouts(SerialPort.TIMEOUT_READ_SEMI_BLOCKING, READ_MILLIS, 0);
    if (!port.openPort()) {
      throw new IOException(
          address.device()
              + " cannot be opened (error "
              + port.getLastErrorCode()
              + "); is it in use, and may this user open it (group dialout)?");
    }
  }

  @Override
  public int read(byte[] into) throws IOException {
    int count = port.readBytes(into, into.length);
    if (count < 0) {
      throw new IOException(address.device() + " is gone (error " + port.getLastErrorCode() + ")");
    }
    return count;
  }

  @Override
  public void write(byte[] octets) throws IOException {
    for (int from = 0; from < octets.length; ) {
      int count = port.writeBytes(octets, octets.length - from, from);
      if (count <= 0) {
        throw new IOException(address.device() + " is gone: it takes nothing");
      }
      from += count;
    }
  }

  @Override
  public void close() {
    port.closePort();
  }
}
