// Payloads of the Milesight EM500-CO2, from the tables of its user guide and of the vendor's
// SensorDecoders: blocks of a channel, a type and a value whose length the type tells; integers have
// their least octet first. A block of history (20ce) is stepped over: it has no value of now.

function decodeUplink(input) {
  var bytes = input.bytes;
  var data = {};
  var warnings = [];
  var at = 0;
  while (at + 2 < bytes.length) {
    var block = (bytes[at] << 8) | bytes[at + 1];
    var length = LENGTHS[block];
    if (length === undefined || at + 2 + length > bytes.length) {
      warnings.push("octet " + at + ": block " + block.toString(16) + " is unknown or cut off");
      break;
    }
    read(block, bytes.slice(at + 2, at + 2 + length), data);
    at += 2 + length;
  }
  if (Object.keys(data).length === 0) {
    return { errors: ["no block is known"] };
  }
  return { data: data, warnings: warnings };
}

var LENGTHS = {
  0x0175: 1, 0x0367: 2, 0x0468: 1, 0x057d: 2, 0x0673: 2, 0x83d7: 5, 0x20ce: 11,
  0xff01: 1, 0xff09: 2, 0xff0a: 2, 0xff0b: 1, 0xff0f: 1, 0xff16: 8
};

function read(block, value, data) {
  switch (block) {
    case 0x0175: data.battery = value[0]; break;
    case 0x0367:
    case 0x83d7: data.temperature = (unsigned(value) << 16 >> 16) / 10; break;
    case 0x0468: data.humidity = value[0] / 2; break;
    case 0x057d: data.co2 = unsigned(value); break;
    case 0x0673: data.pressure = unsigned(value) / 10; break;
    case 0xff16: data.serial = value.map(hex).join(""); break;
    default: break;
  }
}

function unsigned(value) {
  return value[0] | (value[1] << 8);
}

function hex(octet) {
  return octet.toString(16).padStart(2, "0");
}

// ff03: seconds between two reports; ff10: restart
function encodeDownlink(input) {
  var seconds = input.data.interval;
  if (seconds !== undefined) {
    return { fPort: 85, bytes: [0xff, 0x03, seconds & 0xff, seconds >> 8] };
  }
  return { fPort: 85, bytes: [0xff, 0x10, 0xff] };
}
