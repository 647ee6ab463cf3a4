#ifndef WEIR_CSYSTEMD_SHIM_H
#define WEIR_CSYSTEMD_SHIM_H
#include <systemd/sd-journal.h>
#endif
