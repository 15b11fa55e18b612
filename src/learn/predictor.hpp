// The score of one row after another, many times quicker than Ensemble::score and the same to the bit.
#pragma once
#include "common/error.hpp"
#include "learn/tree.hpp"

namespace cd::learn {

// How trees of at most 64 leaves are scored: their leaves are bits of one word for each tree, from left to right. A
// split that sends a row right rules out the leaves to its left; the first leaf that no split rules out is the row's
// (QuickScorer: Lucchese, Nardini, Orlando, Perego, Tonellotto, Venturini 2015). What all splits on one feature rule
// out depends on nothing but the interval between two thresholds that its value is in, or its code. So there is a row
// of words, one for each tree, for each interval, each code and for what is missing, and scoring is one search for each
// feature and the conjunction of the rows found.
template <class Word> class LeafTable {
  public:
    // False if it would take more bytes than `limit`, or the walk is quicker.
    bool build(const dataset::Columns &columns, const Ensemble &ensemble, std::size_t limit, Poll poll);
    double sum(const double *features);

  private:
    static constexpr std::size_t block = 64 / sizeof(Word); // words that are combined at once: a line of the cache
    static constexpr std::size_t together = 4;              // searches at once, for each step waits for the one before

    struct Feature {
        std::uint32_t column;
        std::size_t words;          // where its rows begin: what is missing, then intervals or codes
        std::size_t thresholds = 0; // where they begin, ascending; filled up with infinity to one less than 2 * half
        std::size_t half = 0;       // where a search begins, a power of two, the same of `together` neighbours
    };
    void search(const Feature *numbers, const double *features, const Word **found) const;
    double add_up() const;

    std::size_t trees_ = 0, width_ = 0;         // words of a row, those that count and all
    std::vector<Feature> categories_, numbers_; // numbers are filled up to a multiple of `together`
    std::vector<double> thresholds_;
    std::vector<Word> words_;
    std::vector<double> values_; // of leaves, by tree and bit
    std::vector<const Word *> found_;
    std::size_t asked_ = 0; // features in found_, without those that fill up
};

// How others are scored: node by node, several trees at once, for each step waits for memory.
class TreeWalk {
  public:
    void build(const dataset::Columns &columns, const Ensemble &ensemble, Poll poll);
    double sum(const double *features) const;

  private:
    struct Step {
        double threshold;       // of a category: its first word in sets_
        std::uint32_t question; // the feature, category, missing_left
        std::uint32_t left;     // right is next to it; a leaf is left of itself
    };
    std::uint32_t next(std::uint32_t at, const double *features) const;

    std::vector<Step> steps_;
    std::vector<double> values_;
    std::vector<std::uint32_t> roots_;
    std::vector<std::uint64_t> sets_;
};

// Keeps columns and ensemble by reference.
class Predictor {
  public:
    static constexpr std::size_t table_bytes = 16 << 20; // some ms to fill
    static constexpr std::size_t few_rows = 256;         // are scored before anything is built for more of them

    Predictor(const dataset::Columns &columns, const Ensemble &ensemble, Poll poll = {},
              std::size_t limit = table_bytes)
        : columns_(columns), ensemble_(ensemble), poll_(poll), limit_(limit) {}
    // Features as by dataset::FeatureReader.
    double score(const double *features);

  private:
    enum class Way { plain, small, large, walk };
    Way prepare();

    const dataset::Columns &columns_;
    const Ensemble &ensemble_;
    Poll poll_;
    std::size_t limit_, rows_ = 0;
    Way way_ = Way::plain;
    LeafTable<std::uint32_t> small_;
    LeafTable<std::uint64_t> large_;
    TreeWalk walk_;
};

} // namespace cd::learn
