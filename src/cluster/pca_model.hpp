// Principal components as a value.
#pragma once
#include "cluster/inputs.hpp"
#include "cluster/pca.hpp"

namespace cd::cluster {

class PcaModel {
  public:
    static constexpr const char *type = "pca_model";

    PcaModel(const dataset::View &view, int components, Scale scale, Poll poll);
    explicit PcaModel(Bytes flat);

    const dataset::Columns &columns() const { return inputs_.columns; }
    std::size_t components() const { return variance_.size(); }
    double variance(std::size_t component) const { return variance_[component]; }
    double share(std::size_t component) const { return total_ > 0 ? variance_[component] / total_ : 0; }
    double total() const { return total_; }
    double loading(std::size_t component, std::size_t feature) const {
        return loading_[component * columns().size() + feature];
    }

    // Of a row's features, valid until the next row.
    std::span<const double> scores(const double *features);

    void tell(Json &json, Poll poll) const;

    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;

  private:
    Inputs inputs_;
    Scale scale_;
    std::vector<double> mean_, loading_, variance_; // as in Pca, of coordinates
    double total_;
    std::vector<double> number_, score_; // of the row that is looked at
};

} // namespace cd::cluster
