"""Unit 1 of pymodbus: 21.5 degC in tenths, a coil, and a register that says how often it was read. Arguments: tcp PORT, or rtu DEVICE."""
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer


class Counting(ModbusSequentialDataBlock):
    def getValues(self, address, count=1):
        self.values[0] = (self.values[0] + 1) & 0x7FFFFFFF
        high, low = self.values[0] >> 16, self.values[0] & 0xFFFF
        return ([high, low] + self.values[2:])[address:address + count]


unit = ModbusSlaveContext(
    co=ModbusSequentialDataBlock(0, [False] * 16), di=ModbusSequentialDataBlock(0, [False] * 16),
    hr=Counting(0, [0] * 16), ir=ModbusSequentialDataBlock(0, [0, 215] + [0] * 14), zero_mode=True)
context = ModbusServerContext(slaves={1: unit}, single=False)
if sys.argv[1] == "tcp":
    StartTcpServer(context=context, address=("127.0.0.1", int(sys.argv[2])), allow_reuse_address=True)
else:
    StartSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=115200, timeout=0.005)
