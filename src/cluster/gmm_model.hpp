// A Gaussian mixture as a value.
#pragma once
#include "cluster/gmm.hpp"
#include "cluster/profile.hpp"
#include "common/json.hpp"

namespace cd::cluster {

Covariance covariance_named(std::string_view name);
const char *name_of(Covariance covariance);

class GmmModel {
  public:
    static constexpr const char *type = "gmm_model";

    GmmModel(const dataset::View &view, const GmmOptions &options, Poll poll);
    explicit GmmModel(Bytes flat);

    const dataset::Columns &columns() const { return inputs_.columns; }
    const Inputs &inputs() const { return inputs_; }
    const Profile &profile() const { return profile_; }
    std::size_t clusters() const { return profile_.clusters(); }
    Covariance covariance() const { return covariance_; }
    double log_likelihood() const { return log_likelihood_; }
    double bic() const { return bic_; }
    std::uint64_t iterations() const { return iterations_; }
    bool converged() const { return converged_; }

    // Of a row's features: the probability of each cluster, valid until the next row.
    std::span<const double> probabilities(const double *features);
    std::size_t most_probable(const double *features);
    // The Mahalanobis distance from its centre, of the row that was looked at last.
    double distance(std::size_t cluster) const;

    void tell(Json &json, Poll poll) const;

    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;

  private:
    void set_density();
    void look();              // at number_
    std::size_t best() const; // of what was looked at

    Inputs inputs_;
    Covariance covariance_;
    std::vector<double> weight_, mean_, whitener_; // as in Gmm, of coordinates
    Profile profile_;
    double log_likelihood_, bic_; // of the features as they are
    std::uint64_t iterations_;
    bool converged_;

    std::vector<double> offset_;
    std::vector<double> number_, joint_, probability_; // of the row that is looked at
};

} // namespace cd::cluster
