#include "segment/distance.hpp"
#include "common/error.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::segment;
using math::Random;

namespace {

constexpr double degree_km = earth_radius_km * 3.14159265358979323846 / 180;

// The angle between two unit vectors, in 64 bits of mantissa.
double by_vectors(double latitude_1, double longitude_1, double latitude_2, double longitude_2) {
    struct Vector {
        long double x, y, z;
    };
    const auto vector = [](double latitude, double longitude) {
        const long double radian = std::acos(-1.0L) / 180, phi = latitude * radian, lambda = longitude * radian;
        return Vector{std::cos(phi) * std::cos(lambda), std::cos(phi) * std::sin(lambda), std::sin(phi)};
    };
    const Vector a = vector(latitude_1, longitude_1), b = vector(latitude_2, longitude_2);
    const long double x = a.y * b.z - a.z * b.y, y = a.z * b.x - a.x * b.z, z = a.x * b.y - a.y * b.x;
    const long double angle = std::atan2(std::sqrt(x * x + y * y + z * z), a.x * b.x + a.y * b.y + a.z * b.z);
    return static_cast<double>(angle * static_cast<long double>(earth_radius_km));
}

} // namespace

TEST(Distance, KnownValues) {
    EXPECT_NEAR(degree_km, 111.195, 5e-4);
    EXPECT_NEAR(distance_km(0, 0, 1, 0), degree_km, 1e-12);
    EXPECT_NEAR(distance_km(0, 10, 0, 11), degree_km, 1e-12);
    // Nashville to Los Angeles at Rosetta Code (Haversine formula): 2887.25995060711 km with a radius of 6372.8 km.
    EXPECT_NEAR(distance_km(36.12, -86.67, 33.94, -118.40), 2887.25995060711 / 6372.8 * earth_radius_km, 1e-9);
    EXPECT_EQ(distance_km(52.5, 13.4, 52.5, 13.4), 0);
}

TEST(Distance, NearAndAntipodalPoints) {
    // A millionth of a millimetre, and as far from the antipode.
    EXPECT_NEAR(distance_km(0, 0, 1e-14, 0) / (1e-14 * degree_km), 1, 1e-13);
    EXPECT_NEAR(distance_km(60, 0, 60, 1e-9) / (0.5e-9 * degree_km), 1, 1e-12); // cos 60 = 1/2
    EXPECT_EQ(distance_km(0, 0, 0, 180), 180 * degree_km);
    EXPECT_EQ(distance_km(90, 0, -90, 77), 180 * degree_km);
    EXPECT_NEAR(distance_km(37, -122, -37, 58), 180 * degree_km, 1e-11);
    EXPECT_NEAR(180 * degree_km - distance_km(0, 0, 0, 180 - 1e-7), 1e-7 * degree_km, 1e-11);
    EXPECT_EQ(distance_km(90, 0, 90, 123), 0); // one pole
}

TEST(Distance, LongitudesTurnRound) {
    EXPECT_NEAR(distance_km(0, 179.5, 0, -179.5), degree_km, 1e-11);
    EXPECT_EQ(distance_km(10, 350, 20, 10), distance_km(10, -10, 20, 10));
    EXPECT_EQ(distance_km(10, -350, 20, 370 - 360), distance_km(10, 10, 20, 10));
}

TEST(Distance, AgreesWithVectors) {
    Random random(1, 1);
    for (int round = 0; round < 100000; ++round) {
        const double latitude = random.uniform() * 180 - 90, longitude = random.uniform() * 360 - 180;
        const double step = round % 3 == 0 ? 180 : round % 3 == 1 ? 1 : 1e-4;
        double other_latitude = latitude + (random.uniform() - 0.5) * step;
        if (std::abs(other_latitude) > 90) other_latitude = -latitude;
        double other_longitude = longitude + (random.uniform() - 0.5) * step;
        if (round % 5 == 0) { // near the antipode
            other_latitude = -other_latitude;
            other_longitude = longitude > 0 ? other_longitude - 180 : other_longitude + 180;
        }
        const double seen = distance_km(latitude, longitude, other_latitude, other_longitude);
        // The relative error, and that of the differences of the given degrees.
        ASSERT_NEAR(seen, by_vectors(latitude, longitude, other_latitude, other_longitude), seen * 1e-12 + 1e-11)
            << latitude << " " << longitude << " " << other_latitude << " " << other_longitude;
        ASSERT_NEAR(seen, distance_km(other_latitude, other_longitude, latitude, longitude), seen * 1e-14);
    }
}

TEST(Distance, Refusals) {
    const auto refused = [](double a, double b, double c, double d) {
        try {
            distance_km(a, b, c, d);
        } catch (const Error &e) {
            EXPECT_STREQ(e.state(), "22023");
            EXPECT_FALSE(e.detail().empty() || e.hint().empty());
            return true;
        }
        return false;
    };
    EXPECT_FALSE(refused(-90, -360, 90, 360));
    EXPECT_TRUE(refused(90.001, 0, 0, 0));
    EXPECT_TRUE(refused(0, 0, -91, 0));
    EXPECT_TRUE(refused(0, 361, 0, 0));
    EXPECT_TRUE(refused(0, 0, 0, -1e300));
    EXPECT_TRUE(refused(NAN, 0, 0, 0));
    EXPECT_TRUE(refused(0, 0, 0, HUGE_VAL));
}
