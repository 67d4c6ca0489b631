using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Sums, products, quotients and powers, element by element.
    public partial class Tensor
    {
        /// <summary>See torch.add.</summary>
        public Tensor add(Tensor target) => Aten.add_Tensor.Call(this, target);

        /// <summary>See torch.add.</summary>
        public Tensor add(Tensor target, Scalar alpha) => Aten.add_Tensor.Call(this, target, alpha);

        /// <summary>See torch.add.</summary>
        public Tensor add(Scalar scalar) => Aten.add_Scalar.Call(this, scalar);

        /// <summary>See torch.add.</summary>
        public Tensor add(Scalar scalar, Scalar alpha) => Aten.add_Scalar.Call(this, scalar, alpha);

        /// <summary>See torch.add, in place.</summary>
        public Tensor add_(Tensor target) => Aten.add__Tensor.InPlace(this, target);

        /// <summary>See torch.add, in place.</summary>
        public Tensor add_(Tensor target, Scalar alpha) => Aten.add__Tensor.InPlace(this, target, alpha);

        /// <summary>See torch.add, in place.</summary>
        public Tensor add_(Scalar scalar) => Aten.add__Scalar.InPlace(this, scalar);

        /// <summary>See torch.add, in place.</summary>
        public Tensor add_(Scalar scalar, Scalar alpha) => Aten.add__Scalar.InPlace(this, scalar, alpha);

        /// <summary>See torch.sub.</summary>
        public Tensor sub(Tensor target) => Aten.sub_Tensor.Call(this, target);

        /// <summary>See torch.sub.</summary>
        public Tensor sub(Scalar target) => Aten.sub_Scalar.Call(this, target);

        /// <summary>See torch.sub, in place.</summary>
        public Tensor sub_(Tensor target) => Aten.sub__Tensor.InPlace(this, target);

        /// <summary>See torch.sub, in place.</summary>
        public Tensor sub_(Scalar target) => Aten.sub__Scalar.InPlace(this, target);

        /// <summary>See torch.subtract.</summary>
        public Tensor subtract(Tensor target) => sub(target);

        /// <summary>See torch.subtract.</summary>
        public Tensor subtract(Scalar target) => sub(target);

        /// <summary>See torch.subtract, in place.</summary>
        public Tensor subtract_(Tensor target) => sub_(target);

        /// <summary>See torch.subtract, in place.</summary>
        public Tensor subtract_(Scalar target) => sub_(target);

        /// <summary>See torch.mul.</summary>
        public Tensor mul(Tensor target) => Aten.mul_Tensor.Call(this, target);

        /// <summary>See torch.mul.</summary>
        public Tensor mul(Scalar target) => Aten.mul_Scalar.Call(this, target);

        /// <summary>See torch.mul, in place.</summary>
        public Tensor mul_(Tensor target) => Aten.mul__Tensor.InPlace(this, target);

        /// <summary>See torch.mul, in place.</summary>
        public Tensor mul_(Scalar target) => Aten.mul__Scalar.InPlace(this, target);

        /// <summary>See torch.multiply.</summary>
        public Tensor multiply(Tensor target) => mul(target);

        /// <summary>See torch.multiply.</summary>
        public Tensor multiply(Scalar target) => mul(target);

        /// <summary>See torch.div.</summary>
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Aten.div_Tensor_mode.Call(this, target, NameOf(rounding_mode));

        /// <summary>See torch.div.</summary>
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Aten.div_Scalar_mode.Call(this, target, NameOf(rounding_mode));

        /// <summary>See torch.div, in place.</summary>
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Aten.div__Tensor_mode.InPlace(this, target, NameOf(rounding_mode));

        /// <summary>See torch.div, in place.</summary>
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Aten.div__Scalar_mode.InPlace(this, target, NameOf(rounding_mode));

        /// <summary>See torch.divide.</summary>
        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        /// <summary>See torch.divide.</summary>
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        /// <summary>See torch.divide, in place.</summary>
        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        /// <summary>See torch.divide, in place.</summary>
        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        /// <summary>See torch.true_divide.</summary>
        public Tensor true_divide(Tensor other) => div(other);

        /// <summary>See torch.true_divide.</summary>
        public Tensor true_divide(Scalar other) => div(other);

        /// <summary>See torch.true_divide, in place.</summary>
        public Tensor true_divide_(Tensor other) => div_(other);

        /// <summary>See torch.true_divide, in place.</summary>
        public Tensor true_divide_(Scalar other) => div_(other);

        /// <summary>See torch.floor_divide.</summary>
        public Tensor floor_divide(Tensor other) => Aten.floor_divide.Call(this, other);

        /// <summary>See torch.floor_divide.</summary>
        public Tensor floor_divide(Scalar other) => Aten.floor_divide_Scalar.Call(this, other);

        /// <summary>See torch.floor_divide, in place.</summary>
        public Tensor floor_divide_(Tensor other) => Aten.floor_divide__Tensor.InPlace(this, other);

        /// <summary>See torch.floor_divide, in place.</summary>
        public Tensor floor_divide_(Scalar other) => Aten.floor_divide__Scalar.InPlace(this, other);

        /// <summary>See torch.remainder.</summary>
        public Tensor remainder(Tensor target) => Aten.remainder_Tensor.Call(this, target);

        /// <summary>See torch.remainder.</summary>
        public Tensor remainder(Scalar scalar) => Aten.remainder_Scalar.Call(this, scalar);

        /// <summary>See torch.remainder, in place.</summary>
        public Tensor remainder_(Tensor target) => Aten.remainder__Tensor.InPlace(this, target);

        /// <summary>See torch.remainder, in place.</summary>
        public Tensor remainder_(Scalar scalar) => Aten.remainder__Scalar.InPlace(this, scalar);

        /// <summary>See torch.fmod.</summary>
        public Tensor fmod(Tensor target) => Aten.fmod_Tensor.Call(this, target);

        /// <summary>See torch.fmod.</summary>
        public Tensor fmod(Scalar scalar) => Aten.fmod_Scalar.Call(this, scalar);

        /// <summary>See torch.fmod, in place.</summary>
        public Tensor fmod_(Tensor target) => Aten.fmod__Tensor.InPlace(this, target);

        /// <summary>See torch.fmod, in place.</summary>
        public Tensor fmod_(Scalar scalar) => Aten.fmod__Scalar.InPlace(this, scalar);

        /// <summary>See torch.pow.</summary>
        public Tensor pow(Tensor exponent) => Aten.pow_Tensor_Tensor.Call(this, exponent);

        /// <summary>See torch.pow.</summary>
        public Tensor pow(Scalar exponent) => Aten.pow_Tensor_Scalar.Call(this, exponent);

        /// <summary>See torch.pow, in place.</summary>
        public Tensor pow_(Tensor exponent) => Aten.pow__Tensor.InPlace(this, exponent);

        /// <summary>See torch.pow, in place.</summary>
        public Tensor pow_(Scalar exponent) => Aten.pow__Scalar.InPlace(this, exponent);

        /// <summary>See torch.float_power.</summary>
        public Tensor float_power(Tensor target) => Aten.float_power_Tensor_Tensor.Call(this, target);

        /// <summary>See torch.atan2.</summary>
        public Tensor atan2(Tensor other) => Aten.atan2.Call(this, other);

        /// <summary>See torch.atan2, in place.</summary>
        public Tensor atan2_(Tensor other) => Aten.atan2_.InPlace(this, other);

        /// <summary>See torch.arctan2.</summary>
        public Tensor arctan2(Tensor other) => atan2(other);

        /// <summary>See torch.arctan2, in place.</summary>
        public Tensor arctan2_(Tensor other) => atan2_(other);

        /// <summary>See torch.hypot.</summary>
        public Tensor hypot(Tensor other) => Aten.hypot.Call(this, other);

        /// <summary>See torch.copysign.</summary>
        public Tensor copysign(Tensor other) => Aten.copysign_Tensor.Call(this, other);

        /// <summary>See torch.heaviside.</summary>
        public Tensor heaviside(Tensor other) => Aten.heaviside.Call(this, other);

        /// <summary>See torch.logaddexp.</summary>
        public Tensor logaddexp(Tensor other) => Aten.logaddexp.Call(this, other);

        /// <summary>See torch.logaddexp2.</summary>
        public Tensor logaddexp2(Tensor other) => Aten.logaddexp2.Call(this, other);

        /// <summary>See torch.xlogy.</summary>
        public Tensor xlogy(Tensor y) => Aten.xlogy_Tensor.Call(this, y);

        /// <summary>See torch.xlogy.</summary>
        public Tensor xlogy(Scalar y) => Aten.xlogy_Scalar_Other.Call(this, y);

        /// <summary>See torch.gcd.</summary>
        public Tensor gcd(Tensor other) => Aten.gcd.Call(this, other);

        /// <summary>See torch.lcm.</summary>
        public Tensor lcm(Tensor other) => Aten.lcm.Call(this, other);

        /// <summary>See torch.addcdiv.</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Aten.addcdiv.Call(this, tensor1, tensor2);

        /// <summary>See torch.addcdiv.</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.addcdiv.Call(this, tensor1, tensor2, value);

        /// <summary>See torch.addcdiv, in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => Aten.addcdiv_.InPlace(this, tensor1, tensor2);

        /// <summary>See torch.addcdiv, in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.addcdiv_.InPlace(this, tensor1, tensor2, value);

        /// <summary>See torch.addcmul.</summary>
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.addcmul.Call(this, tensor1, tensor2, value);

        /// <summary>See torch.addcmul, in place.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.addcmul_.InPlace(this, tensor1, tensor2, value);

        /// <summary>See torch.lerp.</summary>
        public Tensor lerp(Tensor end, Tensor weight) => Aten.lerp_Tensor.Call(this, end, weight);

        /// <summary>See torch.lerp, in place.</summary>
        public Tensor lerp_(Tensor end, Tensor weight) => Aten.lerp__Tensor.InPlace(this, end, weight);
    }
}
