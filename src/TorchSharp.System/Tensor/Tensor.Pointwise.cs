using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Element-wise functions of one tensor.
    public partial class Tensor
    {
        /// <summary>See torch.abs.</summary>
        public Tensor abs() => Aten.abs.Call(this);

        /// <summary>See torch.abs, in place.</summary>
        public Tensor abs_() => Aten.abs_.InPlace(this);

        /// <summary>See torch.acos.</summary>
        public Tensor acos() => Aten.acos.Call(this);

        /// <summary>See torch.acos, in place.</summary>
        public Tensor acos_() => Aten.acos_.InPlace(this);

        /// <summary>See torch.acosh.</summary>
        public Tensor acosh() => Aten.acosh.Call(this);

        /// <summary>See torch.acosh, in place.</summary>
        public Tensor acosh_() => Aten.acosh_.InPlace(this);

        /// <summary>See torch.asin.</summary>
        public Tensor asin() => Aten.asin.Call(this);

        /// <summary>See torch.asin, in place.</summary>
        public Tensor asin_() => Aten.asin_.InPlace(this);

        /// <summary>See torch.asinh.</summary>
        public Tensor asinh() => Aten.asinh.Call(this);

        /// <summary>See torch.asinh, in place.</summary>
        public Tensor asinh_() => Aten.asinh_.InPlace(this);

        /// <summary>See torch.atan.</summary>
        public Tensor atan() => Aten.atan.Call(this);

        /// <summary>See torch.atan, in place.</summary>
        public Tensor atan_() => Aten.atan_.InPlace(this);

        /// <summary>See torch.atanh.</summary>
        public Tensor atanh() => Aten.atanh.Call(this);

        /// <summary>See torch.atanh, in place.</summary>
        public Tensor atanh_() => Aten.atanh_.InPlace(this);

        /// <summary>See torch.ceil.</summary>
        public Tensor ceil() => Aten.ceil.Call(this);

        /// <summary>See torch.ceil, in place.</summary>
        public Tensor ceil_() => Aten.ceil_.InPlace(this);

        /// <summary>See torch.cos.</summary>
        public Tensor cos() => Aten.cos.Call(this);

        /// <summary>See torch.cos, in place.</summary>
        public Tensor cos_() => Aten.cos_.InPlace(this);

        /// <summary>See torch.cosh.</summary>
        public Tensor cosh() => Aten.cosh.Call(this);

        /// <summary>See torch.cosh, in place.</summary>
        public Tensor cosh_() => Aten.cosh_.InPlace(this);

        /// <summary>See torch.deg2rad.</summary>
        public Tensor deg2rad() => Aten.deg2rad.Call(this);

        /// <summary>See torch.digamma.</summary>
        public Tensor digamma() => Aten.digamma.Call(this);

        /// <summary>See torch.digamma, in place.</summary>
        public Tensor digamma_() => Aten.digamma_.InPlace(this);

        /// <summary>See torch.erf.</summary>
        public Tensor erf() => Aten.erf.Call(this);

        /// <summary>See torch.erf, in place.</summary>
        public Tensor erf_() => Aten.erf_.InPlace(this);

        /// <summary>See torch.erfc.</summary>
        public Tensor erfc() => Aten.erfc.Call(this);

        /// <summary>See torch.erfc, in place.</summary>
        public Tensor erfc_() => Aten.erfc_.InPlace(this);

        /// <summary>See torch.erfinv.</summary>
        public Tensor erfinv() => Aten.erfinv.Call(this);

        /// <summary>See torch.erfinv, in place.</summary>
        public Tensor erfinv_() => Aten.erfinv_.InPlace(this);

        /// <summary>See torch.exp.</summary>
        public Tensor exp() => Aten.exp.Call(this);

        /// <summary>See torch.exp, in place.</summary>
        public Tensor exp_() => Aten.exp_.InPlace(this);

        /// <summary>See torch.expm1.</summary>
        public Tensor expm1() => Aten.expm1.Call(this);

        /// <summary>See torch.expm1, in place.</summary>
        public Tensor expm1_() => Aten.expm1_.InPlace(this);

        /// <summary>See torch.floor.</summary>
        public Tensor floor() => Aten.floor.Call(this);

        /// <summary>See torch.floor, in place.</summary>
        public Tensor floor_() => Aten.floor_.InPlace(this);

        /// <summary>See torch.frac.</summary>
        public Tensor frac() => Aten.frac.Call(this);

        /// <summary>See torch.frac, in place.</summary>
        public Tensor frac_() => Aten.frac_.InPlace(this);

        /// <summary>See torch.lgamma.</summary>
        public Tensor lgamma() => Aten.lgamma.Call(this);

        /// <summary>See torch.lgamma, in place.</summary>
        public Tensor lgamma_() => Aten.lgamma_.InPlace(this);

        /// <summary>See torch.log.</summary>
        public Tensor log() => Aten.log.Call(this);

        /// <summary>See torch.log, in place.</summary>
        public Tensor log_() => Aten.log_.InPlace(this);

        /// <summary>See torch.log10.</summary>
        public Tensor log10() => Aten.log10.Call(this);

        /// <summary>See torch.log10, in place.</summary>
        public Tensor log10_() => Aten.log10_.InPlace(this);

        /// <summary>See torch.log1p.</summary>
        public Tensor log1p() => Aten.log1p.Call(this);

        /// <summary>See torch.log1p, in place.</summary>
        public Tensor log1p_() => Aten.log1p_.InPlace(this);

        /// <summary>See torch.log2.</summary>
        public Tensor log2() => Aten.log2.Call(this);

        /// <summary>See torch.log2, in place.</summary>
        public Tensor log2_() => Aten.log2_.InPlace(this);

        /// <summary>See torch.neg.</summary>
        public Tensor neg() => Aten.neg.Call(this);

        /// <summary>See torch.neg, in place.</summary>
        public Tensor neg_() => Aten.neg_.InPlace(this);

        /// <summary>See torch.rad2deg.</summary>
        public Tensor rad2deg() => Aten.rad2deg.Call(this);

        /// <summary>See torch.reciprocal.</summary>
        public Tensor reciprocal() => Aten.reciprocal.Call(this);

        /// <summary>See torch.reciprocal, in place.</summary>
        public Tensor reciprocal_() => Aten.reciprocal_.InPlace(this);

        /// <summary>See torch.rsqrt.</summary>
        public Tensor rsqrt() => Aten.rsqrt.Call(this);

        /// <summary>See torch.rsqrt, in place.</summary>
        public Tensor rsqrt_() => Aten.rsqrt_.InPlace(this);

        /// <summary>See torch.sgn.</summary>
        public Tensor sgn() => Aten.sgn.Call(this);

        /// <summary>See torch.sgn, in place.</summary>
        public Tensor sgn_() => Aten.sgn_.InPlace(this);

        /// <summary>See torch.sigmoid.</summary>
        public Tensor sigmoid() => Aten.sigmoid.Call(this);

        /// <summary>See torch.sigmoid, in place.</summary>
        public Tensor sigmoid_() => Aten.sigmoid_.InPlace(this);

        /// <summary>See torch.sign.</summary>
        public Tensor sign() => Aten.sign.Call(this);

        /// <summary>See torch.sign, in place.</summary>
        public Tensor sign_() => Aten.sign_.InPlace(this);

        /// <summary>See torch.sin.</summary>
        public Tensor sin() => Aten.sin.Call(this);

        /// <summary>See torch.sin, in place.</summary>
        public Tensor sin_() => Aten.sin_.InPlace(this);

        /// <summary>See torch.sinc.</summary>
        public Tensor sinc() => Aten.sinc.Call(this);

        /// <summary>See torch.sinc, in place.</summary>
        public Tensor sinc_() => Aten.sinc_.InPlace(this);

        /// <summary>See torch.sinh.</summary>
        public Tensor sinh() => Aten.sinh.Call(this);

        /// <summary>See torch.sinh, in place.</summary>
        public Tensor sinh_() => Aten.sinh_.InPlace(this);

        /// <summary>See torch.sqrt.</summary>
        public Tensor sqrt() => Aten.sqrt.Call(this);

        /// <summary>See torch.sqrt, in place.</summary>
        public Tensor sqrt_() => Aten.sqrt_.InPlace(this);

        /// <summary>See torch.tan.</summary>
        public Tensor tan() => Aten.tan.Call(this);

        /// <summary>See torch.tan, in place.</summary>
        public Tensor tan_() => Aten.tan_.InPlace(this);

        /// <summary>See torch.tanh.</summary>
        public Tensor tanh() => Aten.tanh.Call(this);

        /// <summary>See torch.tanh, in place.</summary>
        public Tensor tanh_() => Aten.tanh_.InPlace(this);

        /// <summary>See torch.trunc.</summary>
        public Tensor trunc() => Aten.trunc.Call(this);

        /// <summary>See torch.trunc, in place.</summary>
        public Tensor trunc_() => Aten.trunc_.InPlace(this);

        /// <summary>See torch.relu.</summary>
        public Tensor relu() => Aten.relu.Call(this);

        /// <summary>See torch.relu, in place.</summary>
        public Tensor relu_() => Aten.relu_.InPlace(this);

        /// <summary>See torch.selu.</summary>
        public Tensor selu() => Aten.selu.Call(this);

        /// <summary>See torch.selu, in place.</summary>
        public Tensor selu_() => Aten.selu_.InPlace(this);

        /// <summary>See torch.silu.</summary>
        public Tensor silu() => Aten.silu.Call(this);

        /// <summary>See torch.silu, in place.</summary>
        public Tensor silu_() => Aten.silu_.InPlace(this);

        /// <summary>See torch.square.</summary>
        public Tensor square() => Aten.square.Call(this);

        /// <summary>See torch.exp2.</summary>
        public Tensor exp2() => Aten.exp2.Call(this);

        /// <summary>See torch.logical_not.</summary>
        public Tensor logical_not() => Aten.logical_not.Call(this);

        /// <summary>See torch.logical_not, in place.</summary>
        public Tensor logical_not_() => Aten.logical_not_.InPlace(this);

        /// <summary>See torch.bitwise_not.</summary>
        public Tensor bitwise_not() => Aten.bitwise_not.Call(this);

        /// <summary>See torch.bitwise_not, in place.</summary>
        public Tensor bitwise_not_() => Aten.bitwise_not_.InPlace(this);

        /// <summary>See torch.hardsigmoid.</summary>
        public Tensor hardsigmoid() => Aten.hardsigmoid.Call(this);

        /// <summary>See torch.hardsigmoid, in place.</summary>
        public Tensor hardsigmoid_() => Aten.hardsigmoid_.InPlace(this);

        /// <summary>See torch.hardswish.</summary>
        public Tensor hardswish() => Aten.hardswish.Call(this);

        /// <summary>See torch.hardswish, in place.</summary>
        public Tensor hardswish_() => Aten.hardswish_.InPlace(this);

        /// <summary>See torch.relu6.</summary>
        public Tensor relu6() => Aten.relu6.Call(this);

        /// <summary>See torch.relu6, in place.</summary>
        public Tensor relu6_() => Aten.relu6_.InPlace(this);

        /// <summary>See torch.positive.</summary>
        public Tensor positive() => Aten.positive.Call(this);

        /// <summary>See torch.i0.</summary>
        public Tensor i0() => Aten.i0.Call(this);

        /// <summary>See torch.signbit.</summary>
        public Tensor signbit() => Aten.signbit.Call(this);

        /// <summary>See torch.angle.</summary>
        public Tensor angle() => Aten.angle.Call(this);

        /// <summary>See torch.absolute.</summary>
        public Tensor absolute() => abs();

        /// <summary>See torch.absolute, in place.</summary>
        public Tensor absolute_() => abs_();

        /// <summary>See torch.arccos.</summary>
        public Tensor arccos() => acos();

        /// <summary>See torch.arccos, in place.</summary>
        public Tensor arccos_() => acos_();

        /// <summary>See torch.arcsin.</summary>
        public Tensor arcsin() => asin();

        /// <summary>See torch.arcsin, in place.</summary>
        public Tensor arcsin_() => asin_();

        /// <summary>See torch.arctan.</summary>
        public Tensor arctan() => atan();

        /// <summary>See torch.arctan, in place.</summary>
        public Tensor arctan_() => atan_();

        /// <summary>See torch.negative.</summary>
        public Tensor negative() => neg();

        /// <summary>See torch.fix.</summary>
        public Tensor fix() => trunc();

        /// <summary>See torch.fix, in place.</summary>
        public Tensor fix_() => trunc_();

        /// <summary>See torch.gelu.</summary>
        public Tensor gelu() => Aten.gelu.Call(this);

        /// <summary>See torch.gelu, in place.</summary>
        public Tensor gelu_() => Aten.gelu_.InPlace(this);

        /// <summary>See torch.round.</summary>
        public Tensor round(long decimals = 0) => decimals == 0 ? Aten.round.Call(this) : Aten.round_decimals.Call(this, decimals);

        /// <summary>See torch.round, in place.</summary>
        public Tensor round_(long decimals = 0) => decimals == 0 ? Aten.round_.InPlace(this) : Aten.round__decimals.InPlace(this, decimals);

        /// <summary>See torch.logit.</summary>
        public Tensor logit(double? eps = null) => Aten.logit.Call(this, eps);

        /// <summary>See torch.log_sigmoid.</summary>
        public Tensor log_sigmoid() => Aten.log_sigmoid.Call(this);

        /// <summary>See torch.leaky_relu.</summary>
        public Tensor leaky_relu(Scalar negative_slope) => Aten.leaky_relu.Call(this, negative_slope);

        /// <summary>See torch.leaky_relu, in place.</summary>
        public Tensor leaky_relu_(Scalar negative_slope) => Aten.leaky_relu_.InPlace(this, negative_slope);

        /// <summary>See torch.elu.</summary>
        public Tensor elu(double alpha = 1) => Aten.elu.Call(this, alpha);

        /// <summary>See torch.celu.</summary>
        public Tensor celu() => Aten.celu.Call(this);

        /// <summary>See torch.celu.</summary>
        public Tensor celu(Scalar alpha) => Aten.celu.Call(this, alpha);

        /// <summary>See torch.softplus.</summary>
        public Tensor softplus(double beta = 1, double threshold = 20) => Aten.softplus.Call(this, beta, threshold);

        /// <summary>See torch.threshold.</summary>
        public Tensor threshold(Scalar threshold, Scalar value) => Aten.threshold.Call(this, threshold, value);

        /// <summary>See torch.threshold, in place.</summary>
        public Tensor threshold_(Scalar threshold, Scalar value) => Aten.threshold_.InPlace(this, threshold, value);

        /// <summary>See torch.glu.</summary>
        public Tensor glu(long dim = -1) => Aten.glu.Call(this, dim);

        /// <summary>See torch.nan_to_num.</summary>
        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => Aten.nan_to_num.Call(this, nan, posinf, neginf);

        /// <summary>See torch.isnan.</summary>
        public Tensor isnan() => Aten.isnan.Call(this);

        /// <summary>See torch.isinf.</summary>
        public Tensor isinf() => Aten.isinf.Call(this);

        /// <summary>See torch.isfinite.</summary>
        public Tensor isfinite() => Aten.isfinite.Call(this);

        /// <summary>See torch.isposinf.</summary>
        public Tensor isposinf() => Aten.isposinf.Call(this);

        /// <summary>See torch.isneginf.</summary>
        public Tensor isneginf() => Aten.isneginf.Call(this);

        /// <summary>See torch.isreal.</summary>
        public Tensor isreal() => Aten.isreal.Call(this);
    }
}
