// How a fit is run, and what it may tell about it.
#pragma once
#include "common/error.hpp"
#include <string>

namespace cd {

struct Work {
    Poll poll;
    void (*tell)(const std::string &line) = nullptr; // a line of progress; null if nobody wants to know
    int threads = 1;                                 // the result is the same with any number
};

} // namespace cd
