#include "model/ocsf.h"
