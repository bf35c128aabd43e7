"""Units 1 and 2 of pymodbus: register a of unit u holds (u * 2048 + a) % 65536. Arguments: tcp PORT, or rtu DEVICE."""
import sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer


def unit(number):
    words = [(number * 2048 + a) & 0xFFFF for a in range(2000)]
    bits = [a % 3 == 0 for a in range(2000)]
    return ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, list(bits)), di=ModbusSequentialDataBlock(0, list(bits)),
        hr=ModbusSequentialDataBlock(0, list(words)), ir=ModbusSequentialDataBlock(0, list(words)), zero_mode=True)


context = ModbusServerContext(slaves={1: unit(1), 2: unit(2)}, single=False)
identity = ModbusDeviceIdentification(info_name={"VendorName": "Acme", "ProductCode": "M1", "MajorMinorRevision": "1.2"})
if sys.argv[1] == "tcp":
    StartTcpServer(context=context, identity=identity, address=("127.0.0.1", int(sys.argv[2])))
else:
    StartSerialServer(context=context, identity=identity, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=115200, timeout=0.005)
