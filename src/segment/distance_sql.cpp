#include "pg/bridge.hpp"
#include "segment/distance.hpp"

CD_FUNCTION(cd_distance_km) {
    PG_RETURN_FLOAT8(
        cd::segment::distance_km(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)));
}
