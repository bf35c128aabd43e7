// Units 1 and 2 of npm's modbus-serial: register a of unit u holds (u * 2048 + a) % 65536. Argument: PORT.
const { ServerTCP } = require("modbus-serial");
const registers = new Map();
const coils = new Map();
const there = (address) => {
  if (address >= 2000) throw { modbusErrorCode: 2 };
};
const register = (address, unit) => {
  there(address);
  return registers.get(unit * 65536 + address) ?? (unit * 2048 + address) % 65536;
};
const bit = (address, unit) => {
  there(address);
  return coils.get(unit * 65536 + address) ?? address % 3 === 0;
};
new ServerTCP(
  {
    getHoldingRegister: register,
    getInputRegister: register,
    getCoil: bit,
    getDiscreteInput: bit,
    setRegister: (address, value, unit) => void registers.set(unit * 65536 + address, value),
    setCoil: (address, value, unit) => void coils.set(unit * 65536 + address, value),
    readDeviceIdentification: () => ({ 0x00: "Acme", 0x01: "M1", 0x02: "1.2" }),
  },
  { host: "127.0.0.1", port: Number(process.argv[2]), unitID: 255 },
).on("socketError", () => {});
