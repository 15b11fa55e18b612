// Clusters of k-means as a value: what is needed to find the cluster of a row, and to describe the clusters.
#pragma once
#include "cluster/kmeans.hpp"
#include "cluster/profile.hpp"
#include "common/json.hpp"

namespace cd::cluster {

class KmeansModel {
  public:
    static constexpr const char *type = "kmeans_model";

    KmeansModel(const dataset::View &view, Scale scale, const KmeansOptions &options, Poll poll);
    explicit KmeansModel(Bytes flat);

    const dataset::Columns &columns() const { return inputs_.columns; }
    const Inputs &inputs() const { return inputs_; }
    const Profile &profile() const { return profile_; }
    std::size_t clusters() const { return profile_.clusters(); }
    Scale scale() const { return scale_; }
    double wss() const { return wss_; }
    std::uint64_t iterations() const { return iterations_; }
    bool converged() const { return converged_; }

    // Of a row's features: its cluster from 0 on, and the squared distance from the centre, in coordinates.
    Nearest nearest(const double *features);

    void tell(Json &json, Poll poll) const;

    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;

  private:
    void set_centres();

    Inputs inputs_;
    Scale scale_;
    std::vector<double> centre_;      // clusters x numbers, coordinates
    std::vector<std::uint32_t> mode_; // clusters x categories
    Profile profile_;
    double wss_;
    std::uint64_t iterations_;
    bool converged_;

    std::optional<Centres> centres_;       // the same, ready for rows
    std::vector<double> number_, squares_; // of the row that is looked at
    std::vector<std::uint32_t> category_;
};

} // namespace cd::cluster
