// Published durations: whether the event happened stands beside each.
#pragma once
#include <utility>
#include <vector>

namespace cd::test {

using Durations = std::vector<std::pair<double, bool>>;

// Acute myelogenous leukaemia (Miller, Survival Analysis, 1981): weeks to relapse with and without further treatment.
inline const Durations aml_maintained = {{9, true},  {13, true}, {13, false}, {18, true}, {23, true},  {28, false},
                                         {31, true}, {34, true}, {45, false}, {48, true}, {161, false}};
inline const Durations aml_not_maintained = {{5, true},  {5, true},  {8, true},  {8, true},  {12, true}, {16, false},
                                             {23, true}, {27, true}, {30, true}, {33, true}, {43, true}, {45, true}};

// Remission in weeks with 6-mercaptopurine and with a placebo (Freireich and others 1963; Gehan 1965).
inline const Durations gehan_treated = {{6, true},   {6, true},   {6, true},   {6, false}, {7, true},   {9, false},
                                        {10, true},  {10, false}, {11, false}, {13, true}, {16, true},  {17, false},
                                        {19, false}, {20, false}, {22, true},  {23, true}, {25, false}, {32, false},
                                        {32, false}, {34, false}, {35, false}};
inline const Durations gehan_placebo = {{1, true},  {1, true},  {2, true},  {2, true},  {3, true},  {4, true},
                                        {4, true},  {5, true},  {5, true},  {8, true},  {8, true},  {8, true},
                                        {8, true},  {11, true}, {11, true}, {12, true}, {12, true}, {15, true},
                                        {17, true}, {22, true}, {23, true}};

} // namespace cd::test
