// What each feature adds to a score: Shapley values of trees, where a feature that is not known lets a row go both
// ways, in the shares of the rows of the fit (TreeSHAP, path dependent: Lundberg, Erion, Lee 2018; 2020, algorithm 2).
#pragma once
#include "common/error.hpp"
#include "learn/tree.hpp"
#include <map>

namespace cd::learn {

// For one ensemble, which stays where it is. O(nodes * features on a path) for a row, whatever the depth.
class TreeShap {
  public:
    TreeShap(const dataset::Columns &columns, const Ensemble &ensemble, Poll poll = {});

    // The mean score of the rows of the fit, as the covers have it.
    double base() const { return base_; }
    // One number for every feature; with the base they add up to the score.
    void contributions(const double *features, double *to);

  private:
    static constexpr std::size_t lanes = 4;
    typedef double Lanes __attribute__((vector_size(lanes * sizeof(double)))); // -O2 needs not find it
    // From a parent to the node of the same place.
    struct Edge {
        std::uint32_t parent = 0;
        std::uint32_t above = 0; // the next edge above that asks the same feature; 0 if there is none
        double known_not = 1;    // product of the shares of rows that take this and those edges above; not 0
    };
    struct Points { // of a rule
        Lanes at = Lanes{} + 0.5, weight = Lanes{};
    };
    struct Paths {
        std::vector<Edge> edges;
        const std::vector<Points> *rule;
    };
    Paths paths_of(const Tree &tree); // adds the tree's mean to the base, too
    void add(const Tree &tree, const Paths &paths, const double *features, double *to);

    const dataset::Columns &columns_;
    const Ensemble &ensemble_;
    Poll poll_;
    double base_ = 0;
    std::map<std::size_t, std::vector<Points>> rules_; // by their size
    std::vector<Paths> paths_;
    std::vector<double> taken_; // by edge: 1 if the row takes it and those above of its feature, else 0
    std::vector<Lanes> factor_, product_;
};

} // namespace cd::learn
