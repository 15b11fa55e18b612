#include "segment/distance.hpp"
#include "common/error.hpp"
#include <cmath>

namespace cd::segment {

namespace {

constexpr double pi = 3.141592653589793;

// |degrees| <= 180. The cosine is the sine of the exact difference to 90 degrees: 0 at a pole, not 6e-17.
double sine(double degrees) { return std::sin(degrees * (pi / 180)); }
double cosine(double degrees) { return sine(90 - std::abs(degrees)); }

void check(const char *name, double degrees, double limit, const char *hint) {
    if (std::abs(degrees) <= limit) return;
    const std::string bound = std::to_string(static_cast<int>(limit));
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be between -" + bound + " and " + bound,
                std::string(name) + " is " + digits(degrees) + ".", hint);
}

} // namespace

// The haversine formula (Sinnott, Virtues of the Haversine, Sky and Telescope 68, 1984) gives the square of the sine of
// half the angle. It is exact for near points and loses half the digits at the antipodes, where the cosine is small.
// The square of the cosine is the haversine to the antipode of the second point; from both the angle is right
// everywhere.
double distance_km(double latitude_1, double longitude_1, double latitude_2, double longitude_2) {
    constexpr const char *hint = "Latitude comes before longitude, and both are in degrees.";
    check("latitude_1", latitude_1, 90, hint);
    check("longitude_1", longitude_1, 360, hint);
    check("latitude_2", latitude_2, 90, hint);
    check("longitude_2", longitude_2, 360, hint);
    const double half_turn = std::remainder(longitude_2 - longitude_1, 360) / 2;
    const double half_way = (latitude_2 - latitude_1) / 2, half_back = (latitude_2 + latitude_1) / 2;
    const double circles = cosine(latitude_1) * cosine(latitude_2);
    const auto square = [](double x) { return x * x; };
    const double sine_2 = square(sine(half_way)) + circles * square(sine(half_turn));
    const double cosine_2 = square(sine(half_back)) + circles * square(cosine(half_turn));
    return 2 * earth_radius_km * std::atan2(std::sqrt(sine_2), std::sqrt(cosine_2));
}

} // namespace cd::segment
