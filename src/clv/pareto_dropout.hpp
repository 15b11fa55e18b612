// What a history tells of the moment at which a Pareto/NBD customer goes.
#pragma once
#include "clv/history.hpp"
#include "math/log_concave.hpp"

namespace cd::clv {

// The likelihood of a history but for Gamma(r+x) / Gamma(r) is alpha^r beta^s J, with A = r+x,
//   J = (alpha+T)^-A (beta+T)^-s + s times the integral over y from t_x to T of (alpha+y)^-A (beta+y)^-(s+1) dy:
// the customer is still there at T, or went at y. Here J = (alpha+t_x)^-A (beta+t_x)^-s (stayed + gone), so that stayed
// is 1 at T = t_x, and nothing is a difference of large numbers.
class Dropout {
  public:
    Dropout(const Parameters &, const History &, bool with_moments = false);

    double alive() const;
    double log_of_times() const;     // ln(alpha^r beta^s J)
    Derivatives derivatives() const; // of that; needs the moments

  private:
    // What parameters move at a moment y: ln((alpha+y) / (alpha+t_x)), (y-t_x) / (alpha+y), and the same with beta.
    // Up to factors and terms without y, these are the derivatives of the logarithm of the likelihood if that is when
    // the customer went.
    static constexpr std::size_t directions = 4;
    using Vector = std::array<double, directions>;

    template <bool with_moments> void integrate(double length);

    double r_, alpha_, s_, beta_;
    double x_, t_x_;
    double from_alpha_, from_beta_, gap_; // alpha + t_x, beta + t_x, T - t_x
    double fall_;                         // -ln stayed
    double stayed_, gone_;
    Vector at_end_;                           // of y = T
    Vector mean_{};                           // of y, given that the customer went
    std::array<Vector, directions> second_{}; // their products, upper half
};

} // namespace cd::clv
