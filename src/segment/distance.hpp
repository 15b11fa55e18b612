// Distances on the sphere.
#pragma once

namespace cd::segment {

// The mean radius R1 = (2 a + b) / 3 (Moritz, Geodetic Reference System 1980): so many digits are the same for the
// ellipsoids GRS 80 and WGS 84.
inline constexpr double earth_radius_km = 6371.0088;

// In degrees. Throws unless latitudes are within -90 ... 90 and longitudes within -360 ... 360.
double distance_km(double latitude_1, double longitude_1, double latitude_2, double longitude_2);

} // namespace cd::segment
