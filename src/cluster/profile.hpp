// Who is in a cluster, in the units and words of the people who read it.
#pragma once
#include "cluster/inputs.hpp"
#include <span>

namespace cd::cluster {

// One feature of one cluster.
struct Trait {
    double value = 0;        // mean of a number; of a category the share of its most frequent value
    double overall = 0;      // the same of all rows
    std::uint32_t level = 0; // that value, 0 if it is missing
};

struct Profile {
    std::size_t features = 0;
    std::vector<std::uint64_t> rows; // of each cluster
    std::vector<double> share;       // of all rows, by weight
    std::vector<Trait> traits;       // clusters x features

    std::size_t clusters() const { return rows.size(); }
    const Trait &trait(std::size_t cluster, std::size_t feature) const { return traits[cluster * features + feature]; }
};

// `label` is the cluster of each row.
ClusterTotals totals_of(const Points &points, std::span<const std::uint32_t> label, std::size_t clusters, Poll poll);
Profile profile_of(const Inputs &inputs, const ClusterTotals &totals);

// How far a cluster lies from all rows, in standard deviations of all rows. Of a category: of having its value or not.
double z_score(const Inputs &inputs, const Profile &profile, std::size_t cluster, std::size_t feature);

// The features of a cluster by how far it lies off, the farthest first.
std::vector<std::size_t> distinguishing(const Inputs &inputs, const Profile &profile, std::size_t cluster);

// "high spend, recent, young": up to three features that are at least half a standard deviation off. Of clusters with
// the same three, in any order, the first keeps them; the others are also told by what sets them apart from it. Numbers
// where that is not enough: all names differ.
std::vector<std::string> names_of(const Inputs &inputs, const Profile &profile, Poll poll);

// The centre of a cluster, {"feature": mean or most frequent value, ...}; what sets it apart, [{"feature": ...,
// "value": ..., "overall": ..., "z_score": ...}, ...], the farthest first; and all clusters as member "clusters".
void tell_centre(const Inputs &inputs, const Profile &profile, std::size_t cluster, Json &json);
void tell_differences(const Inputs &inputs, const Profile &profile, std::size_t cluster, Json &json);
void tell_profile(const Inputs &inputs, const Profile &profile, Json &json, Poll poll);

std::size_t profile_room(const Profile &profile);
std::uint8_t *put_profile(const Inputs &inputs, const Profile &profile, std::uint8_t *to);
void read_profile(Reader &reader, const Inputs &inputs, std::size_t clusters, Profile &profile);

} // namespace cd::cluster
