namespace TorchSharp;

// Element-wise functions of one tensor.
public static partial class torch
{
    /// <summary>See torch.abs.</summary>
    public static Tensor abs(Tensor input) => input.abs();

    /// <summary>See torch.abs, in place.</summary>
    public static Tensor abs_(Tensor input) => input.abs_();

    /// <summary>See torch.acos.</summary>
    public static Tensor acos(Tensor input) => input.acos();

    /// <summary>See torch.acos, in place.</summary>
    public static Tensor acos_(Tensor input) => input.acos_();

    /// <summary>See torch.acosh.</summary>
    public static Tensor acosh(Tensor input) => input.acosh();

    /// <summary>See torch.acosh, in place.</summary>
    public static Tensor acosh_(Tensor input) => input.acosh_();

    /// <summary>See torch.asin.</summary>
    public static Tensor asin(Tensor input) => input.asin();

    /// <summary>See torch.asin, in place.</summary>
    public static Tensor asin_(Tensor input) => input.asin_();

    /// <summary>See torch.asinh.</summary>
    public static Tensor asinh(Tensor input) => input.asinh();

    /// <summary>See torch.asinh, in place.</summary>
    public static Tensor asinh_(Tensor input) => input.asinh_();

    /// <summary>See torch.atan.</summary>
    public static Tensor atan(Tensor input) => input.atan();

    /// <summary>See torch.atan, in place.</summary>
    public static Tensor atan_(Tensor input) => input.atan_();

    /// <summary>See torch.atanh.</summary>
    public static Tensor atanh(Tensor input) => input.atanh();

    /// <summary>See torch.atanh, in place.</summary>
    public static Tensor atanh_(Tensor input) => input.atanh_();

    /// <summary>See torch.ceil.</summary>
    public static Tensor ceil(Tensor input) => input.ceil();

    /// <summary>See torch.ceil, in place.</summary>
    public static Tensor ceil_(Tensor input) => input.ceil_();

    /// <summary>See torch.cos.</summary>
    public static Tensor cos(Tensor input) => input.cos();

    /// <summary>See torch.cos, in place.</summary>
    public static Tensor cos_(Tensor input) => input.cos_();

    /// <summary>See torch.cosh.</summary>
    public static Tensor cosh(Tensor input) => input.cosh();

    /// <summary>See torch.cosh, in place.</summary>
    public static Tensor cosh_(Tensor input) => input.cosh_();

    /// <summary>See torch.deg2rad.</summary>
    public static Tensor deg2rad(Tensor input) => input.deg2rad();

    /// <summary>See torch.digamma.</summary>
    public static Tensor digamma(Tensor input) => input.digamma();

    /// <summary>See torch.digamma, in place.</summary>
    public static Tensor digamma_(Tensor input) => input.digamma_();

    /// <summary>See torch.erf.</summary>
    public static Tensor erf(Tensor input) => input.erf();

    /// <summary>See torch.erf, in place.</summary>
    public static Tensor erf_(Tensor input) => input.erf_();

    /// <summary>See torch.erfc.</summary>
    public static Tensor erfc(Tensor input) => input.erfc();

    /// <summary>See torch.erfc, in place.</summary>
    public static Tensor erfc_(Tensor input) => input.erfc_();

    /// <summary>See torch.erfinv, in place.</summary>
    public static Tensor erfinv_(Tensor input) => input.erfinv_();

    /// <summary>See torch.exp.</summary>
    public static Tensor exp(Tensor input) => input.exp();

    /// <summary>See torch.exp, in place.</summary>
    public static Tensor exp_(Tensor input) => input.exp_();

    /// <summary>See torch.expm1.</summary>
    public static Tensor expm1(Tensor input) => input.expm1();

    /// <summary>See torch.expm1, in place.</summary>
    public static Tensor expm1_(Tensor input) => input.expm1_();

    /// <summary>See torch.floor.</summary>
    public static Tensor floor(Tensor input) => input.floor();

    /// <summary>See torch.floor, in place.</summary>
    public static Tensor floor_(Tensor input) => input.floor_();

    /// <summary>See torch.frac.</summary>
    public static Tensor frac(Tensor input) => input.frac();

    /// <summary>See torch.frac, in place.</summary>
    public static Tensor frac_(Tensor input) => input.frac_();

    /// <summary>See torch.lgamma.</summary>
    public static Tensor lgamma(Tensor input) => input.lgamma();

    /// <summary>See torch.log.</summary>
    public static Tensor log(Tensor input) => input.log();

    /// <summary>See torch.log, in place.</summary>
    public static Tensor log_(Tensor input) => input.log_();

    /// <summary>See torch.log10.</summary>
    public static Tensor log10(Tensor input) => input.log10();

    /// <summary>See torch.log10, in place.</summary>
    public static Tensor log10_(Tensor input) => input.log10_();

    /// <summary>See torch.log1p.</summary>
    public static Tensor log1p(Tensor input) => input.log1p();

    /// <summary>See torch.log1p, in place.</summary>
    public static Tensor log1p_(Tensor input) => input.log1p_();

    /// <summary>See torch.log2.</summary>
    public static Tensor log2(Tensor input) => input.log2();

    /// <summary>See torch.log2, in place.</summary>
    public static Tensor log2_(Tensor input) => input.log2_();

    /// <summary>See torch.neg.</summary>
    public static Tensor neg(Tensor input) => input.neg();

    /// <summary>See torch.neg, in place.</summary>
    public static Tensor neg_(Tensor input) => input.neg_();

    /// <summary>See torch.rad2deg.</summary>
    public static Tensor rad2deg(Tensor input) => input.rad2deg();

    /// <summary>See torch.reciprocal.</summary>
    public static Tensor reciprocal(Tensor input) => input.reciprocal();

    /// <summary>See torch.reciprocal, in place.</summary>
    public static Tensor reciprocal_(Tensor input) => input.reciprocal_();

    /// <summary>See torch.rsqrt.</summary>
    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    /// <summary>See torch.rsqrt, in place.</summary>
    public static Tensor rsqrt_(Tensor input) => input.rsqrt_();

    /// <summary>See torch.sgn.</summary>
    public static Tensor sgn(Tensor input) => input.sgn();

    /// <summary>See torch.sgn, in place.</summary>
    public static Tensor sgn_(Tensor input) => input.sgn_();

    /// <summary>See torch.sigmoid.</summary>
    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    /// <summary>See torch.sigmoid, in place.</summary>
    public static Tensor sigmoid_(Tensor input) => input.sigmoid_();

    /// <summary>See torch.sign.</summary>
    public static Tensor sign(Tensor input) => input.sign();

    /// <summary>See torch.sign, in place.</summary>
    public static Tensor sign_(Tensor input) => input.sign_();

    /// <summary>See torch.sin.</summary>
    public static Tensor sin(Tensor input) => input.sin();

    /// <summary>See torch.sin, in place.</summary>
    public static Tensor sin_(Tensor input) => input.sin_();

    /// <summary>See torch.sinc.</summary>
    public static Tensor sinc(Tensor input) => input.sinc();

    /// <summary>See torch.sinc, in place.</summary>
    public static Tensor sinc_(Tensor input) => input.sinc_();

    /// <summary>See torch.sinh.</summary>
    public static Tensor sinh(Tensor input) => input.sinh();

    /// <summary>See torch.sinh, in place.</summary>
    public static Tensor sinh_(Tensor input) => input.sinh_();

    /// <summary>See torch.sqrt.</summary>
    public static Tensor sqrt(Tensor input) => input.sqrt();

    /// <summary>See torch.sqrt, in place.</summary>
    public static Tensor sqrt_(Tensor input) => input.sqrt_();

    /// <summary>See torch.tan.</summary>
    public static Tensor tan(Tensor input) => input.tan();

    /// <summary>See torch.tan, in place.</summary>
    public static Tensor tan_(Tensor input) => input.tan_();

    /// <summary>See torch.tanh.</summary>
    public static Tensor tanh(Tensor input) => input.tanh();

    /// <summary>See torch.tanh, in place.</summary>
    public static Tensor tanh_(Tensor input) => input.tanh_();

    /// <summary>See torch.trunc.</summary>
    public static Tensor trunc(Tensor input) => input.trunc();

    /// <summary>See torch.trunc, in place.</summary>
    public static Tensor trunc_(Tensor input) => input.trunc_();

    /// <summary>See torch.square.</summary>
    public static Tensor square(Tensor input) => input.square();

    /// <summary>See torch.exp2.</summary>
    public static Tensor exp2(Tensor input) => input.exp2();

    /// <summary>See torch.logical_not.</summary>
    public static Tensor logical_not(Tensor input) => input.logical_not();

    /// <summary>See torch.bitwise_not.</summary>
    public static Tensor bitwise_not(Tensor input) => input.bitwise_not();

    /// <summary>See torch.bitwise_not, in place.</summary>
    public static Tensor bitwise_not_(Tensor input) => input.bitwise_not_();

    /// <summary>See torch.positive.</summary>
    public static Tensor positive(Tensor input) => input.positive();

    /// <summary>See torch.i0.</summary>
    public static Tensor i0(Tensor input) => input.i0();

    /// <summary>See torch.signbit.</summary>
    public static Tensor signbit(Tensor input) => input.signbit();

    /// <summary>See torch.angle.</summary>
    public static Tensor angle(Tensor input) => input.angle();

    /// <summary>See torch.absolute.</summary>
    public static Tensor absolute(Tensor input) => input.absolute();

    /// <summary>See torch.absolute, in place.</summary>
    public static Tensor absolute_(Tensor input) => input.absolute_();

    /// <summary>See torch.arccos.</summary>
    public static Tensor arccos(Tensor input) => input.arccos();

    /// <summary>See torch.arccos, in place.</summary>
    public static Tensor arccos_(Tensor input) => input.arccos_();

    /// <summary>See torch.arcsin.</summary>
    public static Tensor arcsin(Tensor input) => input.arcsin();

    /// <summary>See torch.arcsin, in place.</summary>
    public static Tensor arcsin_(Tensor input) => input.arcsin_();

    /// <summary>See torch.arctan.</summary>
    public static Tensor arctan(Tensor input) => input.arctan();

    /// <summary>See torch.arctan, in place.</summary>
    public static Tensor arctan_(Tensor input) => input.arctan_();

    /// <summary>See torch.negative.</summary>
    public static Tensor negative(Tensor input) => input.negative();

    /// <summary>See torch.fix.</summary>
    public static Tensor fix(Tensor input) => input.fix();

    /// <summary>See torch.fix, in place.</summary>
    public static Tensor fix_(Tensor input) => input.fix_();

    /// <summary>See torch.round.</summary>
    public static Tensor round(Tensor input, long decimals = 0) => input.round(decimals);

    /// <summary>See torch.round, in place.</summary>
    public static Tensor round_(Tensor input, long decimals = 0) => input.round_(decimals);

    /// <summary>See torch.logit.</summary>
    public static Tensor logit(Tensor input, double? eps = null) => input.logit(eps);

    /// <summary>See torch.nan_to_num.</summary>
    public static Tensor nan_to_num(Tensor input, double nan = 0, double? posinf = null, double? neginf = null) => input.nan_to_num(nan, posinf, neginf);

    /// <summary>See torch.isnan.</summary>
    public static Tensor isnan(Tensor input) => input.isnan();

    /// <summary>See torch.isinf.</summary>
    public static Tensor isinf(Tensor tensor) => tensor.isinf();

    /// <summary>See torch.isfinite.</summary>
    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();

    /// <summary>See torch.isposinf.</summary>
    public static Tensor isposinf(Tensor tensor) => tensor.isposinf();

    /// <summary>See torch.isneginf.</summary>
    public static Tensor isneginf(Tensor tensor) => tensor.isneginf();

    /// <summary>See torch.isreal.</summary>
    public static Tensor isreal(Tensor tensor) => tensor.isreal();
}
