using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Comparisons and truth values.
    public partial class Tensor
    {
        /// <summary>See torch.eq.</summary>
        public Tensor eq(Tensor target) => Aten.eq_Tensor.Call(this, target);

        /// <summary>See torch.eq, in place.</summary>
        public Tensor eq_(Tensor target) => Aten.eq__Tensor.InPlace(this, target);

        /// <summary>See torch.eq.</summary>
        public Tensor eq(Scalar target) => Aten.eq_Scalar.Call(this, target);

        /// <summary>See torch.eq, in place.</summary>
        public Tensor eq_(Scalar target) => Aten.eq__Scalar.InPlace(this, target);

        /// <summary>See torch.ne.</summary>
        public Tensor ne(Tensor target) => Aten.ne_Tensor.Call(this, target);

        /// <summary>See torch.ne, in place.</summary>
        public Tensor ne_(Tensor target) => Aten.ne__Tensor.InPlace(this, target);

        /// <summary>See torch.ne.</summary>
        public Tensor ne(Scalar target) => Aten.ne_Scalar.Call(this, target);

        /// <summary>See torch.ne, in place.</summary>
        public Tensor ne_(Scalar target) => Aten.ne__Scalar.InPlace(this, target);

        /// <summary>See torch.lt.</summary>
        public Tensor lt(Tensor target) => Aten.lt_Tensor.Call(this, target);

        /// <summary>See torch.lt, in place.</summary>
        public Tensor lt_(Tensor target) => Aten.lt__Tensor.InPlace(this, target);

        /// <summary>See torch.lt.</summary>
        public Tensor lt(Scalar target) => Aten.lt_Scalar.Call(this, target);

        /// <summary>See torch.lt, in place.</summary>
        public Tensor lt_(Scalar target) => Aten.lt__Scalar.InPlace(this, target);

        /// <summary>See torch.le.</summary>
        public Tensor le(Tensor target) => Aten.le_Tensor.Call(this, target);

        /// <summary>See torch.le, in place.</summary>
        public Tensor le_(Tensor target) => Aten.le__Tensor.InPlace(this, target);

        /// <summary>See torch.le.</summary>
        public Tensor le(Scalar target) => Aten.le_Scalar.Call(this, target);

        /// <summary>See torch.le, in place.</summary>
        public Tensor le_(Scalar target) => Aten.le__Scalar.InPlace(this, target);

        /// <summary>See torch.gt.</summary>
        public Tensor gt(Tensor target) => Aten.gt_Tensor.Call(this, target);

        /// <summary>See torch.gt, in place.</summary>
        public Tensor gt_(Tensor target) => Aten.gt__Tensor.InPlace(this, target);

        /// <summary>See torch.gt.</summary>
        public Tensor gt(Scalar target) => Aten.gt_Scalar.Call(this, target);

        /// <summary>See torch.gt, in place.</summary>
        public Tensor gt_(Scalar target) => Aten.gt__Scalar.InPlace(this, target);

        /// <summary>See torch.ge.</summary>
        public Tensor ge(Tensor target) => Aten.ge_Tensor.Call(this, target);

        /// <summary>See torch.ge, in place.</summary>
        public Tensor ge_(Tensor target) => Aten.ge__Tensor.InPlace(this, target);

        /// <summary>See torch.ge.</summary>
        public Tensor ge(Scalar target) => Aten.ge_Scalar.Call(this, target);

        /// <summary>See torch.ge, in place.</summary>
        public Tensor ge_(Scalar target) => Aten.ge__Scalar.InPlace(this, target);

        /// <summary>See torch.greater.</summary>
        public Tensor greater(Tensor target) => gt(target);

        /// <summary>See torch.greater_equal.</summary>
        public Tensor greater_equal(Tensor target) => ge(target);

        /// <summary>See torch.less.</summary>
        public Tensor less(Tensor target) => lt(target);

        /// <summary>See torch.less_equal.</summary>
        public Tensor less_equal(Tensor target) => le(target);

        /// <summary>See torch.not_equal.</summary>
        public Tensor not_equal(Tensor target) => ne(target);

        /// <summary>See torch.equal.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>See torch.allclose.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => Aten.allclose.CallBool(this, target, rtol, atol, equal_nan);

        /// <summary>See torch.isclose.</summary>
        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) => Aten.isclose.Call(this, other, rtol, atol, nanEqual);

        /// <summary>See torch.isin.</summary>
        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) => Aten.isin_Tensor_Tensor.Call(this, test_elements, assumeUnique, invert);

        /// <summary>See torch.logical_and.</summary>
        public Tensor logical_and(Tensor other) => Aten.logical_and.Call(this, other);

        /// <summary>See torch.logical_and, in place.</summary>
        public Tensor logical_and_(Tensor other) => Aten.logical_and_.InPlace(this, other);

        /// <summary>See torch.logical_or.</summary>
        public Tensor logical_or(Tensor other) => Aten.logical_or.Call(this, other);

        /// <summary>See torch.logical_or, in place.</summary>
        public Tensor logical_or_(Tensor other) => Aten.logical_or_.InPlace(this, other);

        /// <summary>See torch.logical_xor.</summary>
        public Tensor logical_xor(Tensor other) => Aten.logical_xor.Call(this, other);

        /// <summary>See torch.logical_xor, in place.</summary>
        public Tensor logical_xor_(Tensor other) => Aten.logical_xor_.InPlace(this, other);

        /// <summary>See torch.bitwise_and.</summary>
        public Tensor bitwise_and(Tensor other) => Aten.bitwise_and_Tensor.Call(this, other);

        /// <summary>See torch.bitwise_and, in place.</summary>
        public Tensor bitwise_and_(Tensor other) => Aten.bitwise_and__Tensor.InPlace(this, other);

        /// <summary>See torch.bitwise_or.</summary>
        public Tensor bitwise_or(Tensor other) => Aten.bitwise_or_Tensor.Call(this, other);

        /// <summary>See torch.bitwise_or, in place.</summary>
        public Tensor bitwise_or_(Tensor other) => Aten.bitwise_or__Tensor.InPlace(this, other);

        /// <summary>See torch.bitwise_xor.</summary>
        public Tensor bitwise_xor(Tensor other) => Aten.bitwise_xor_Tensor.Call(this, other);

        /// <summary>See torch.bitwise_xor, in place.</summary>
        public Tensor bitwise_xor_(Tensor other) => Aten.bitwise_xor__Tensor.InPlace(this, other);

        /// <summary>See torch.bitwise_left_shift.</summary>
        public Tensor bitwise_left_shift(Tensor other) => Aten.bitwise_left_shift_Tensor.Call(this, other);

        /// <summary>See torch.bitwise_right_shift.</summary>
        public Tensor bitwise_right_shift(Tensor other) => Aten.bitwise_right_shift_Tensor.Call(this, other);
    }
}
