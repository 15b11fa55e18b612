// What logistic regression asks of the rows: the sums of Newton's method at given coefficients. Rows are read from the
// dataset again each time; beside it nothing is kept for a row.
#pragma once
#include "learn/terms.hpp"
#include "common/work.hpp"
#include "math/cholesky.hpp"

namespace cd::learn {

// Place 0 of vectors and matrices is the intercept, place 1 + j the standardised term j.
struct LogisticSums {
    double weight = 0;
    double loss = 0;          // minus the log-likelihood
    math::Vector gradient;    // its derivatives
    math::Matrix information; // its second derivatives
};

class LogisticRows {
  public:
    LogisticRows(const dataset::View &view, const Inputs &inputs, const Target &target, const Terms &terms,
                 const Work &work);

    // Of one chunk in every `step`.
    LogisticSums sums(const math::Vector &b, std::size_t step = 1) const;

    // What Firth's penalty, minus half the logarithm of the determinant of the information, adds to the gradient, and
    // about what to the second derivatives. Weight and loss are none.
    LogisticSums firth(const math::Vector &b, const math::Cholesky &information) const;

    // How far a step moves the score of a row towards its label: the least and the most.
    struct Move {
        double least = HUGE_VAL, most = -HUGE_VAL;
    };
    Move move(const math::Vector &step) const;

  private:
    // A feature of many values: a column of a sum each, where most rows have nothing to add.
    struct Group {
        std::size_t feature;
        std::vector<std::uint32_t> column; // by the code in the dataset; 0 is none
    };
    struct Block;
    struct Scores;
    struct Partial;

    void read(std::size_t chunk, Block &block) const;
    Scores scores_of(const math::Vector &b) const;
    void score(const Block &block, const Scores &scores, math::Vector &score) const;
    void add(const Block &block, const Scores &scores, Partial &partial) const;
    LogisticSums finish(Partial &all) const;

    const dataset::View &view_;
    const Inputs &inputs_;
    const Target &target_;
    const Terms &terms_;
    const Poll poll_;
    std::vector<std::size_t> dense_, sparse_; // terms, the latter in the order of their columns
    std::vector<Group> groups_;
};

} // namespace cd::learn
