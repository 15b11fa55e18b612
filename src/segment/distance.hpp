// Distances on the sphere.
#pragma once

namespace cd::segment {

inline constexpr double earth_radius_km =
    6371.0088; // mean radius R1 of WGS 84 (Moritz, Geodetic Reference System 1980)

// In degrees. Throws unless latitudes are within -90 ... 90 and longitudes within -360 ... 360.
double distance_km(double latitude_1, double longitude_1, double latitude_2, double longitude_2);

} // namespace cd::segment
