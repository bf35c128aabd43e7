/* Units 1 and 2 of libmodbus (over RTU only 1): register a of unit u holds (u * 2048 + a) % 65536. Arguments: tcp PORT, or rtu DEVICE. */
#include <modbus/modbus.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGISTERS 2000

static modbus_mapping_t *unit(int number) {
  modbus_mapping_t *map = modbus_mapping_new(REGISTERS, REGISTERS, REGISTERS, REGISTERS);
  for (int a = 0; map != NULL && a < REGISTERS; a++) {
    map->tab_registers[a] = map->tab_input_registers[a] = (uint16_t) (number * 2048 + a);
    map->tab_bits[a] = map->tab_input_bits[a] = a % 3 == 0;
  }
  return map;
}

int main(int count, char **words) {
  modbus_mapping_t *units[] = {unit(1), unit(2)};
  uint8_t query[MODBUS_MAX_ADU_LENGTH];
  if (count != 3 || units[0] == NULL || units[1] == NULL) {
    return 2;
  }
  int tcp = strcmp(words[1], "tcp") == 0;
  modbus_t *line = tcp ? modbus_new_tcp("127.0.0.1", atoi(words[2])) : modbus_new_rtu(words[2], 115200, 'N', 8, 1);
  int server = -1;
  if (line == NULL || (!tcp && (modbus_set_slave(line, 1) < 0 || modbus_connect(line) < 0))) {
    return 1;
  }
  if (tcp && (server = modbus_tcp_listen(line, 5)) < 0) {
    return 1;
  }
  while (!tcp || modbus_tcp_accept(line, &server) >= 0) {
    for (;;) {
      int length = modbus_receive(line, query);
      if (length < 0 && tcp) {
        break;
      }
      if (length > 0) {
        int number = query[modbus_get_header_length(line) - 1];
        modbus_reply(line, query, length, units[number == 2]);
      }
    }
    modbus_close(line);
  }
  return 0;
}
