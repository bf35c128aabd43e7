"""A master that changes bits (22), or writes and reads in one (23): PORT mask ADDRESS AND OR, PORT exchange READ WRITE VALUE."""
import sys

from pymodbus.client import ModbusTcpClient

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
client.connect()
words = sys.argv[3:]
if sys.argv[2] == "mask":
    answer = client.mask_write_register(
        address=int(words[0]), and_mask=int(words[1], 16), or_mask=int(words[2], 16), unit=1, slave=1)
else:
    answer = client.readwrite_registers(
        read_address=int(words[0]), read_count=1,
        write_address=int(words[1]), write_registers=[int(words[2])], unit=1, slave=1)
client.close()
if answer.isError():
    sys.exit(str(answer))
print("ok", getattr(answer, "registers", ""))
